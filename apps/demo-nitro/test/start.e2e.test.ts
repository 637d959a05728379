import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startDemo } from '../../../tools/start-demo.mjs';

const BANNED = '203.0.113.66';
const CLEAN = '203.0.113.7';

it('starts by one command against a sandbox, guards all that Nitro answers, and stops', async () => {
  const demo = await startDemo(fileURLToPath(new URL('..', import.meta.url)));
  const as = (ip: string, path: string): Promise<Response> =>
    fetch(`${demo.url}${path}`, { headers: { 'x-forwarded-for': ip }, redirect: 'manual' });
  await expect.poll(async () => (await as(BANNED, '/')).status, { timeout: 30_000 }).toBe(403);
  expect(await (await as(CLEAN, '/')).text()).toBe(`Hello ${CLEAN}\n`);
  for (const [path, status] of [
    ['/asset.txt', 200],
    ['/old', 307],
    ['/nothing-here', 404],
  ] as const) {
    expect([path, (await as(CLEAN, path)).status, (await as(BANNED, path)).status]).toEqual([path, status, 403]);
  }
  // What the application asks itself is not another client.
  expect(await (await as(CLEAN, '/inner')).json()).toMatchObject({ ip: CLEAN, origin: 'clean' });
  expect(await demo.stop()).toBe(0);
});
