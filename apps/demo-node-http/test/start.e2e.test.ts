import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startDemo } from '../../../tools/start-demo.mjs';

it('starts by one command against a sandbox, refuses who is banned there, and stops', async () => {
  const demo = await startDemo(fileURLToPath(new URL('..', import.meta.url)));
  const as = (ip: string): Promise<Response> => fetch(demo.url, { headers: { 'x-forwarded-for': ip } });
  await expect.poll(async () => (await as('203.0.113.66')).status, { timeout: 30_000 }).toBe(403);
  expect(await (await as('203.0.113.7')).text()).toBe('Hello 203.0.113.7\n');
  expect(await demo.stop()).toBe(0);
});
