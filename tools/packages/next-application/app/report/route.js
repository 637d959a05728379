import { getCrowdsec } from '@crowdsec-sdk/next';

/** Reports the address in the body. */
export async function POST(request) {
  const { stored } = getCrowdsec().report({ ip: await request.text(), scenario: 'acme/login-bruteforce' });
  await stored;
  return new Response('reported');
}
