import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startDemo } from '../../../tools/start-demo.mjs';

const BANNED = '203.0.113.66';
const CLEAN = '203.0.113.7';

it('starts by one command against a sandbox, guards what reaches its hooks, and stops', async () => {
  const demo = await startDemo(fileURLToPath(new URL('..', import.meta.url)));
  const as = (ip: string, path: string): Promise<Response> =>
    fetch(`${demo.url}${path}`, { headers: { 'x-forwarded-for': ip } });
  await expect.poll(async () => (await as(BANNED, '/')).status, { timeout: 30_000 }).toBe(403);
  expect(await (await as(CLEAN, '/')).text()).toContain(`Hello ${CLEAN}`);
  for (const [path, status, ofBanned] of [
    ['/nothing-here', 404, 403],
    ['/__data.json', 200, 403],
    // The README says so: adapter-node serves these before its hooks.
    ['/asset.txt', 200, 200],
    ['/about', 200, 200],
  ] as const) {
    expect([path, (await as(CLEAN, path)).status, (await as(BANNED, path)).status]).toEqual([path, status, ofBanned]);
  }
  // What a page asks the application while it is rendered is not another client.
  expect(await (await as(CLEAN, '/inner')).json()).toMatchObject({ ip: CLEAN, origin: 'clean' });
  expect(await demo.stop()).toBe(0);
});
