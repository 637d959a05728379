import { crowdsecAgentContext } from '@crowdsec-sdk/react-router';
import type { ActionFunctionArgs } from 'react-router';

export async function action({ context }: ActionFunctionArgs): Promise<Response> {
  const ban = { type: 'ban', duration: '4h' };
  const signal = { ip: '198.51.100.66', scenario: 'acme/login-bruteforce', decision: ban };
  await context.get(crowdsecAgentContext)?.report(signal).stored;
  return new Response('reported');
}
