import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startDemo } from '../../../tools/start-demo.mjs';

const BANNED = '203.0.113.66';
const CLEAN = '203.0.113.7';

it('starts by one command against a sandbox, guards all that the server answers, and stops', async () => {
  const demo = await startDemo(fileURLToPath(new URL('..', import.meta.url)));
  const as = (ip: string, path: string): Promise<Response> =>
    fetch(`${demo.url}${path}`, { headers: { 'x-forwarded-for': ip } });
  await expect.poll(async () => (await as(BANNED, '/')).status, { timeout: 30_000 }).toBe(403);
  expect(await (await as(CLEAN, '/')).text()).toContain(`Hello ${CLEAN}`);
  for (const [path, status] of [
    ['/asset.txt', 200],
    ['/about', 200],
    ['/_root.data', 200],
    ['/nothing-here', 404],
  ] as const) {
    expect([path, (await as(CLEAN, path)).status, (await as(BANNED, path)).status]).toEqual([path, status, 403]);
  }
  expect(await demo.stop()).toBe(0);
});
