import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OFFLINE } from '@crowdsec-sdk/conformance';
import { createCrowdsec, type CrowdsecOptions } from '@crowdsec-sdk/core';
import { createApp, defineEventHandler, toNodeListener, type App } from 'h3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { crowdsecNitroPlugin, type CrowdsecNitroPlugin } from '../src/index.js';

const BANNED = '203.0.113.66';

describe('the plugin of Nitro', () => {
  it('has the first requests wait until the agent has put to use what is stored', async () => {
    const options = await storedBan();
    const app = createApp();
    const close = run(app, crowdsecNitroPlugin(options));
    expect(await ask(app)).toBe(403);
    await close();
  });

  it('stands before handlers that were there before it', async () => {
    const app = createApp().use(defineEventHandler(() => 'an asset'));
    const close = run(app, crowdsecNitroPlugin(await storedBan()));
    expect(await ask(app)).toBe(403);
    await close();
  });

  it('stops an agent of its own when Nitro closes, and leaves one that it was given', async () => {
    const own = crowdsecNitroPlugin(OFFLINE);
    await run(createApp(), own)();
    await expect(own.crowdsec.start()).rejects.toThrow();
    const given = createCrowdsec(OFFLINE);
    await given.start();
    await run(createApp(), crowdsecNitroPlugin(given))();
    await expect(given.start()).resolves.toBeUndefined();
    await given.stop();
  });
});

/** Runs the plugin as Nitro does. @returns what Nitro does when it closes */
function run(h3App: App, plugin: CrowdsecNitroPlugin): () => Promise<void> {
  const stops: (() => Promise<void>)[] = [];
  plugin({ h3App: h3App as never, hooks: { hook: (_, stop) => stops.push(stop) } });
  return async () => {
    for (const stop of stops) await stop();
  };
}

/** Options of an agent in whose store a ban is. */
async function storedBan(): Promise<CrowdsecOptions> {
  const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-nitro-'));
  onTestFinished(() => rm(stateDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  const options: CrowdsecOptions = { ...OFFLINE, ephemeral: false, stateDir, trustedProxies: 'loopback' };
  const crowdsec = createCrowdsec(options);
  await crowdsec.start();
  crowdsec.decide({ ip: BANNED, scenario: 'acme/x', duration: '1h' });
  await crowdsec.stop();
  return options;
}

/** The status that the banned client gets. */
async function ask(app: App): Promise<number> {
  const listener = toNodeListener(app);
  const server = createServer((request, response) => void listener(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { status } = await fetch(url, { headers: { 'x-forwarded-for': BANNED } });
  server.closeAllConnections();
  server.close();
  return status;
}
