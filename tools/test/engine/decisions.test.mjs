import { createCrowdsec, silentLogger } from '@crowdsec-sdk/core';
import { crowdsecMiddleware } from '@crowdsec-sdk/express';
import express from 'express';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findEngine } from '../../engine/engine-package.mjs';
import { startEngine } from '../../engine/start-engine.mjs';

/** @import { AddressInfo } from 'node:net' */
/** @import { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core' */
/** @import { Engine } from '../../engine/types.d.mts' */

const found = findEngine();
const SCENARIO = 'acme/login-bruteforce';
const PASSWORD = 'the-password-of-the-shop';
/** Of the pulls of these agents; what the engine decides is enforced within two of them. */
const INTERVAL_MS = 1_000;
const soon = { timeout: 15_000, interval: 50 };

describe.skipIf('reason' in found)('what a real engine decides', () => {
  /** @type {Engine} */
  let engine;
  /** @type {(() => Promise<unknown>)[]} */
  const closing = [];
  let keys = 0;

  beforeAll(async () => {
    if ('engine' in found) engine = await startEngine(found.engine);
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await engine.cscli('decisions', 'delete', '--all');
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  /** @param {Omit<CrowdsecOptions, 'lapi'> & { lapi?: Partial<NonNullable<CrowdsecOptions['lapi']>> }} [options] */
  async function agent({ lapi = {}, ...options } = {}) {
    const crowdsec = createCrowdsec({
      lapi: {
        url: engine.url,
        apiKey: await engine.addBouncer(`shop-${++keys}`),
        updateIntervalMs: INTERVAL_MS,
        ...lapi,
      },
      scenarios: [SCENARIO],
      ephemeral: true,
      logger: silentLogger,
      ...options,
    });
    closing.push(() => crowdsec.stop());
    await crowdsec.start();
    return crowdsec;
  }

  /**
   * @param {Crowdsec} crowdsec
   * @param {Record<string, string>} expected by address
   */
  const eventually = (crowdsec, expected) =>
    expect
      .poll(
        () => Object.fromEntries(Object.keys(expected).map((ip) => [ip, crowdsec.getIpRemediation(ip).remediation])),
        soon,
      )
      .toEqual(expected);

  it('before the start, and while the agent runs, is enforced: addresses and ranges of both versions, by type', async () => {
    await engine.addDecision({ ip: '198.51.100.7' });
    await engine.addDecision({ range: '203.0.113.0/24', type: 'captcha' });
    const crowdsec = await agent();
    await eventually(crowdsec, {
      '198.51.100.7': 'ban',
      '::ffff:198.51.100.7': 'ban',
      '198.51.100.8': 'bypass',
      '203.0.113.200': 'captcha',
    });
    await engine.addDecision({ ip: '2001:db8::7' });
    await engine.addDecision({ range: '2001:db8:1::/48' });
    await eventually(crowdsec, { '2001:db8::7': 'ban', '2001:db8:1:2::3': 'ban', '2001:db8:2::1': 'bypass' });
    expect(crowdsec.getIpRemediation('2001:db8::7')).toMatchObject({ origin: 'cscli' });
    expect(crowdsec.health()).toMatchObject({ status: 'ok', problems: [] });
  });

  it('about a country or a network is enforced where the agent knows where addresses are', async () => {
    await engine.addDecision({ scope: 'country', value: 'FR' });
    await engine.addDecision({ scope: 'as', value: '64500', type: 'captcha' });
    /** @type {Record<string, { country?: string, asn?: number }>} */
    const where = { '198.51.100.7': { country: 'FR' }, '203.0.113.9': { asn: 64_500 } };
    const crowdsec = await agent({ geo: (ip) => where[ip] ?? {} });

    await eventually(crowdsec, { '198.51.100.7': 'ban', '203.0.113.9': 'captcha', '192.0.2.1': 'bypass' });
  });

  it('and takes back is lifted, while what else holds the address stays', async () => {
    await engine.addDecision({ ip: '198.51.100.7' });
    await engine.addDecision({ range: '198.51.100.0/24', type: 'captcha' });
    const crowdsec = await agent();
    await eventually(crowdsec, { '198.51.100.7': 'ban', '198.51.100.8': 'captcha' });

    await engine.cscli('decisions', 'delete', '--value', '198.51.100.7');
    await eventually(crowdsec, { '198.51.100.7': 'captcha' });
    await engine.cscli('decisions', 'delete', '--value', '198.51.100.0/24');
    await eventually(crowdsec, { '198.51.100.7': 'bypass', '198.51.100.8': 'bypass' });
  });

  it('for some seconds ends by itself, although the engine is gone by then', async () => {
    await engine.addDecision({ ip: '198.51.100.7', duration: '6s' });
    await engine.addDecision({ ip: '198.51.100.8' });
    const crowdsec = await agent();
    await eventually(crowdsec, { '198.51.100.7': 'ban', '198.51.100.8': 'ban' });
    await engine.stop();
    closing.push(() => engine.start());

    await eventually(crowdsec, { '198.51.100.7': 'bypass', '198.51.100.8': 'ban' });
    await expect.poll(() => crowdsec.health().status, soon).toBe('degraded');
  });

  it('survives its restart, and what it decides afterwards is enforced', async () => {
    await engine.addDecision({ ip: '198.51.100.7' });
    const crowdsec = await agent();
    await eventually(crowdsec, { '198.51.100.7': 'ban' });
    await engine.restart();
    expect(crowdsec.getIpRemediation('198.51.100.7').remediation).toBe('ban');
    await engine.addDecision({ ip: '198.51.100.8' });
    await engine.deleteDecisions({ ip: '198.51.100.7' });

    await eventually(crowdsec, { '198.51.100.7': 'bypass', '198.51.100.8': 'ban' });
  });

  it('is known again at the next start of an agent, before the engine is asked', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-engine-agent-'));
    closing.push(() => rm(stateDir, { recursive: true, force: true }));
    const apiKey = await engine.addBouncer(`shop-${++keys}`);
    const stored = { stateDir, ephemeral: false, lapi: { apiKey } };
    await engine.addDecision({ ip: '198.51.100.7' });
    const first = await agent(stored);
    await eventually(first, { '198.51.100.7': 'ban' });
    await first.stop();
    await engine.stop();
    closing.push(() => engine.start());

    const second = await agent(stored);
    await eventually(second, { '198.51.100.7': 'ban' });
  });

  it('about a report comes back through the stream: an alert becomes a ban by the default profile', async () => {
    await engine.addMachine('shop', PASSWORD);
    const crowdsec = await agent({ lapi: { machine: { machineId: 'shop', password: PASSWORD } } });
    await eventually(crowdsec, { '8.8.4.4': 'bypass' });
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO });

    await eventually(crowdsec, { '8.8.4.4': 'ban' });
    expect(crowdsec.getIpRemediation('8.8.4.4')).toMatchObject({ origin: 'crowdsec', scenario: SCENARIO });
    expect(await crowdsec.liftAtEngine({ ip: '8.8.4.4' })).toBe(1);
    await eventually(crowdsec, { '8.8.4.4': 'bypass' });
  });

  it('is held by tens of thousands', async () => {
    const values = Array.from({ length: 20_000 }, (_, n) => `10.${n >> 14}.${(n >> 7) & 127}.${(n & 127) + 1}`);
    // Before the agent pulls: an engine with SQLite fails a large import while it is asked for decisions.
    await engine.importDecisions(values);
    const crowdsec = await agent();

    await eventually(crowdsec, { [values[0] ?? '']: 'ban', [values.at(-1) ?? '']: 'ban', '10.200.0.1': 'bypass' });
    await expect.poll(() => crowdsec.health().decisions.count, soon).toBe(values.length);
  });

  it('is asked by the key alone: a key that is removed leaves what is held in force', async () => {
    const name = `shop-${++keys}`;
    const apiKey = await engine.addBouncer(name);
    await engine.addDecision({ ip: '198.51.100.7' });
    const crowdsec = await agent({ lapi: { apiKey } });
    await eventually(crowdsec, { '198.51.100.7': 'ban' });
    await engine.removeBouncer(name);

    await expect.poll(() => crowdsec.health().status, soon).toBe('degraded');
    expect(crowdsec.getIpRemediation('198.51.100.7').remediation).toBe('ban');
  });

  it('is answered 403 by an application of three lines', async () => {
    const apiKey = await engine.addBouncer(`shop-${++keys}`);
    const app = express();
    const guard = crowdsecMiddleware({
      lapi: { url: engine.url, apiKey, updateIntervalMs: INTERVAL_MS },
      ephemeral: true,
      logger: silentLogger,
    });
    app.use(guard);
    app.get('/', (_request, response) => void response.send('welcome'));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(async () => void server.close());
    closing.push(() => guard.crowdsec.stop());
    const url = `http://127.0.0.1:${/** @type {AddressInfo} */ (server.address()).port}/`;
    expect((await fetch(url)).status).toBe(200);

    await engine.addDecision({ ip: '127.0.0.1' });
    await expect.poll(async () => (await fetch(url)).status, soon).toBe(403);
    await engine.deleteDecisions({ ip: '127.0.0.1' });
    await expect.poll(async () => (await fetch(url)).status, soon).toBe(200);
  });
});
