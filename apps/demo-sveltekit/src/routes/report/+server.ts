import { guard } from '$lib/server/crowdsec';

export async function POST(): Promise<Response> {
  const ban = { type: 'ban', duration: '4h' };
  await guard.crowdsec.report({ ip: '198.51.100.66', scenario: 'acme/login-bruteforce', decision: ban }).stored;
  return new Response('reported');
}
