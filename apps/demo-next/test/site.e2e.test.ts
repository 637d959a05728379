import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { processHost } from '@crowdsec-sdk/conformance';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

const SITE = fileURLToPath(new URL('site', import.meta.url));
const BANNED = '203.0.113.7';

/** A site with all of Next's settings that change what a matcher sees, as `output: 'standalone'` leaves it. */
const site = processHost({
  adapter: 'next-site',
  peers: false,
  cwd: SITE,
  command: [process.execPath, '.next/standalone/apps/demo-next/test/site/server.js'],
  env: { NEXT_MANUAL_SIG_HANDLE: 'true', NEXT_TELEMETRY_DISABLED: '1' },
});

let stop: () => Promise<unknown>;
let root: string;
beforeAll(async () => {
  const sandbox = await startSandbox();
  sandbox.decisions.add([{ value: BANNED }]);
  const running = await site.start({
    crowdsec: { apiUrl: sandbox.url, ephemeral: true, trustedProxies: 1 },
    hostname: '127.0.0.1',
  });
  stop = async () => {
    await running.stop();
    await sandbox.stop();
  };
  root = `http://127.0.0.1:${running.port}`;
  await vi.waitUntil(async () => (await status('/shop/old', BANNED)) === 403, { timeout: 30_000 });
}, 60_000);
afterAll(() => stop());

async function ask(path: string, client: string): Promise<Response> {
  return fetch(`${root}${path}`, { headers: { 'x-forwarded-for': client }, redirect: 'manual' });
}

async function status(path: string, client: string): Promise<number> {
  return (await ask(path, client)).status;
}

it.each([
  '/shop',
  '/shop/',
  '/shop?_rsc=1',
  '/shop/en',
  '/shop/guarded',
  '/shop/old',
  '/shop/de/old',
  '/shop/api/old',
  '/shop/_next/data/BUILD/en/old.json',
])('GET %s is answered to others, and not to a banned client', async (path) => {
  const build = await readFile(`${SITE}/.next/BUILD_ID`, 'utf8');
  const url = path.replace('BUILD', build);
  expect([await status(url, '198.51.100.9'), await status(url, BANNED)]).toEqual([200, 403]);
});

it('a guarded handler of GET knows who calls, though next build tried to prerender it', async () => {
  expect(await (await ask('/shop/guarded', '198.51.100.9')).json()).toEqual({ you: '198.51.100.9' });
});

it('has the matcher of the README', async () => {
  const [readme, ...proxies] = await Promise.all(
    ['../../../packages/next/README.md', 'site/proxy.ts', '../proxy.ts'].map((file) =>
      readFile(new URL(file, import.meta.url), 'utf8'),
    ),
  );
  const matcher = /^export const config = \{.*?^\};$/ms;
  expect(proxies.map((text) => matcher.exec(text)?.[0])).toEqual(proxies.map(() => matcher.exec(readme ?? '')?.[0]));
});
