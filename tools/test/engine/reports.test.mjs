import { createCrowdsec, silentLogger } from '@crowdsec-sdk/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findEngine } from '../../engine/engine-package.mjs';
import { startEngine } from '../../engine/start-engine.mjs';

/** @import { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core' */
/** @import { Engine } from '../../engine/types.d.mts' */

const found = findEngine();
const SCENARIO = 'acme/login-bruteforce';
const PASSWORD = 'the-password-of-the-shop';

describe.skipIf('reason' in found)('what an agent tells a real engine', () => {
  /** @type {Engine} */
  let engine;
  /** @type {Crowdsec[]} */
  const agents = [];
  let machines = 0;

  beforeAll(async () => {
    if ('engine' in found) engine = await startEngine(found.engine);
  });
  afterEach(async () => {
    for (const agent of agents.splice(0)) await agent.stop();
    await engine.cscli('alerts', 'delete', '--all');
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  /** @param {{ lapi?: Partial<CrowdsecOptions['lapi']>, isKnown?: boolean }} [options] */
  async function agent({ lapi = {}, isKnown = true } = {}) {
    const name = `shop-${++machines}`;
    if (isKnown) await engine.addMachine(name, PASSWORD);
    const crowdsec = createCrowdsec({
      lapi: {
        url: engine.url,
        apiKey: await engine.addBouncer(name),
        machine: { machineId: name, password: PASSWORD },
        ...lapi,
      },
      scenarios: [SCENARIO],
      ephemeral: true,
      logger: silentLogger,
    });
    agents.push(crowdsec);
    await crowdsec.start();
    return { crowdsec, name };
  }

  it('is an alert of its machine, about which the default profile decides', async () => {
    const { crowdsec, name } = await agent();
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO, eventCount: 10, context: { user: 'alice' } });
    crowdsec.report({ ip: '2a00:1450::1', scenario: SCENARIO });
    expect(await crowdsec.flushSignals()).toMatchObject({ sent: 2, waiting: 0 });

    expect(await engine.decisions()).toMatchObject([
      { origin: 'crowdsec', type: 'ban', scope: 'Ip', value: '2a00:1450::1', scenario: SCENARIO },
      { origin: 'crowdsec', type: 'ban', scope: 'Ip', value: '8.8.4.4', scenario: SCENARIO },
    ]);
    const [, first] = await engine.alerts();
    expect(first).toMatchObject({ scenario: SCENARIO, machine_id: name, events_count: 10 });
  });

  it('brings nobody a ban when it is a whisper, or about a range, of which the default profile does not speak', async () => {
    const { crowdsec } = await agent();
    crowdsec.whisper({ ip: '8.8.4.4', scenario: SCENARIO });
    crowdsec.report({ range: '8.8.4.0/24', scenario: SCENARIO });
    await crowdsec.flushSignals();

    expect(await engine.alerts()).toHaveLength(2);
    expect(await engine.decisions()).toEqual([]);
  });

  it('brings its own decisions with `decisions: push`', async () => {
    const { crowdsec } = await agent({ lapi: { decisions: 'push' } });
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO, decision: { type: 'captcha', duration: '30m' } });
    crowdsec.report({ range: '2a00:1450::/32', scenario: SCENARIO, decision: { type: 'ban', duration: '1h30m' } });
    await crowdsec.flushSignals();

    expect(await engine.decisions()).toMatchObject([
      {
        origin: 'crowdsec',
        type: 'ban',
        scope: 'Range',
        value: '2a00:1450::/32',
        duration: expect.stringMatching(/^1h[23]\dm/),
      },
      { origin: 'crowdsec', type: 'captcha', scope: 'Ip', value: '8.8.4.4' },
    ]);
  });

  it('that waited longer than its decision was to last bans nobody, but asks the profile for a ban from now on', async () => {
    const stopAt = new Date(Date.now() - 5 * 3_600_000);
    for (const { decisions, bans } of /** @type {const} */ ([
      { decisions: 'push', bans: [] },
      { decisions: 'profiles', bans: ['8.8.4.4'] },
    ])) {
      const { crowdsec } = await agent({ lapi: { decisions } });
      crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO, stopAt });
      await crowdsec.flushSignals();
      expect((await engine.decisions()).map(({ value }) => value)).toEqual(bans);
    }
  });

  it('arrives after a restart of the engine, with another token', async () => {
    const { crowdsec } = await agent();
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO });
    await crowdsec.flushSignals();
    await engine.restart();
    crowdsec.report({ ip: '8.8.8.8', scenario: SCENARIO });

    await expect.poll(() => crowdsec.health().signals.sent, { timeout: 20_000, interval: 100 }).toBe(2);
    expect((await engine.alerts()).map(({ source }) => source.value).sort()).toEqual(['8.8.4.4', '8.8.8.8']);
  });

  it('waits while the engine is away, in one piece', async () => {
    const { crowdsec } = await agent();
    await engine.stop();
    for (let n = 0; n < 120; n++) crowdsec.report({ ip: `8.8.${n}.1`, scenario: SCENARIO });
    await expect(crowdsec.flushSignals()).rejects.toMatchObject({ code: 'CROWDSEC_API_UNREACHABLE' });
    await engine.start();

    await expect.poll(() => crowdsec.health().signals.sent, { timeout: 25_000, interval: 100 }).toBe(120);
    expect(await engine.alerts()).toHaveLength(120);
  });

  it.each([
    ['does not know', async () => undefined, 'cscli machines add'],
    [
      'knows by another password',
      async (/** @type {string} */ name) => engine.addMachine(name, 'another-password'),
      'check lapi.machine',
    ],
    ['has not validated', register, 'cscli machines validate'],
  ])('is told to be refused for a machine that the engine %s', async (_, make, hint) => {
    const { crowdsec, name } = await agent({ isKnown: false });
    await make(name);
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO });

    await expect(crowdsec.flushSignals()).rejects.toMatchObject({ code: 'CROWDSEC_CREDENTIALS_REJECTED' });
    expect(crowdsec.health().lapiMachine?.failure?.message).toContain(hint);
  });

  /** @param {string} name */
  async function register(name) {
    const { status } = await fetch(`${engine.url}/v1/watchers`, {
      method: 'POST',
      body: JSON.stringify({ machine_id: name, password: PASSWORD }),
    });
    expect(status).toBe(201);
  }

  it('is how many requests there were, which an engine before 1.6.3 does not want to know', async () => {
    const { crowdsec } = await agent();
    crowdsec.bouncer.inspect({ method: 'GET', path: '/', headers: {}, remoteAddress: '192.0.2.1' });
    await crowdsec.stop();

    const [major = 0, minor = 0, patch = 0] = engine.version.split('.').map(Number);
    const isOld = major === 1 && (minor < 6 || (minor === 6 && patch < 3));
    await expect.poll(() => engine.log).toMatch(new RegExp(`POST /v1/usage-metrics HTTP/1.1 ${isOld ? 404 : 201}`));
  });

  it('ends decisions about an address, with the ranges around it or without them', async () => {
    const { crowdsec } = await agent();
    const decide = async () => {
      await engine.addDecision({ ip: '198.51.100.7' });
      await engine.addDecision({ range: '198.51.100.0/24' });
      await engine.addDecision({ ip: '203.0.113.9' });
    };
    await decide();
    expect(await crowdsec.liftAtEngine({ ip: '198.51.100.7', keepRanges: true })).toBe(1);
    expect((await engine.decisions()).map(({ value }) => value).sort()).toEqual(['198.51.100.0/24', '203.0.113.9']);
    expect(await crowdsec.liftAtEngine({ ip: '::ffff:198.51.100.7' })).toBe(1);
    expect((await engine.decisions()).map(({ value }) => value)).toEqual(['203.0.113.9']);
    expect(await crowdsec.liftAtEngine({ range: '203.0.113.0/24' })).toBe(0);
  });
});
