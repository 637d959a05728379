import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCrowdsec, silentLogger } from '@crowdsec-sdk/core';
import type { Extension } from '@crowdsec-sdk/core/extension';
import { crowdsecMiddleware } from '@crowdsec-sdk/express';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import express from 'express';
import { afterEach, expect, it } from 'vitest';

const packageRoot = fileURLToPath(new URL('..', import.meta.url));
const CULPRIT = '198.51.100.7';

let cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const run of cleanUp.reverse()) await run();
  cleanUp = [];
});

it("the README's source and remedy work as they stand there", async () => {
  const { extension } = (await runnable('support-bans.ts')) as { extension: (url: string) => Extension };
  const bans = await listen((_, response) => response.end(`# scrapers\n${CULPRIT}\n`));
  const sandbox = await startSandbox();
  cleanUp.push(() => sandbox.stop());
  const crowdsec = createCrowdsec({
    apiUrl: sandbox.url,
    ephemeral: true,
    remediations: ['ban', 'captcha', 'teapot'],
    extensions: [extension(bans)],
    trustedProxies: 'loopback',
    logger: silentLogger,
  });
  cleanUp.push(() => crowdsec.stop({ deadlineMs: 0 }));
  await crowdsec.start();
  const app = express()
    .use(crowdsecMiddleware(crowdsec))
    .use((_, response) => void response.send('page'));
  const site = await listen(app);

  const get = (path: string, ip: string): Promise<Response> =>
    fetch(`${site}${path}`, { headers: { 'x-forwarded-for': ip } });
  const refused = await get('/', CULPRIT);
  expect([refused.status, await refused.text()]).toEqual([418, `Not for ${CULPRIT}. Write to support@acme.example.\n`]);
  expect(await (await get('/robots.txt', CULPRIT)).text()).toBe('page');
  expect(await (await get('/', '203.0.113.7')).text()).toBe('page');
  expect(crowdsec.health().decisions.lists).toMatchObject([{ name: 'support', entries: 1 }]);
});

/** The module that the README's blocks of this name make together. */
async function runnable(name: string): Promise<unknown> {
  const readme = await readFile(join(packageRoot, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code!);
  const code = blocks.filter((block) => block.startsWith(`// ${name}\n`)).join('\n');
  const parent = join(packageRoot, 'test-results');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'readme-'));
  cleanUp.push(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, name), code);
  return import(join(folder, name));
}

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  cleanUp.push(() => server.close().closeAllConnections());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
