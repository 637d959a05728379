import type { ActionFunctionArgs } from 'react-router';
import { agentContext } from '../agent-context';

export async function action({ context }: ActionFunctionArgs): Promise<Response> {
  const ban = { type: 'ban', duration: '4h' };
  const signal = { ip: '198.51.100.66', scenario: 'acme/login-bruteforce', decision: ban };
  await context.get(agentContext).report(signal).stored;
  return new Response('reported');
}
