import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type LapiAlert, type Sandbox, type SandboxLapi } from '@crowdsec-sdk/sandbox';
import type { Crowdsec } from '../agent.js';
import { createCrowdsec } from '../crowdsec.js';
import { silentLogger } from '../logger.js';
import type { CrowdsecOptions } from '../options.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';

const SCENARIO = 'acme/login-bruteforce';
const MACHINE = { machineId: 'shop', password: 'the-password-of-the-shop' };
const HOUR = 3_600_000;
/** Hours in which little happens, in steps of minutes rather than seconds. */
const IN_MINUTES = { strideMs: 300_000 };
/** Days in which nothing should happen. */
const IN_STEPS = { strideMs: HOUR };

let time: ManualTime;
let sandbox: Sandbox;
let lapi: SandboxLapi;
const agents: Crowdsec[] = [];

beforeEach(async () => {
  time = manualTime();
  sandbox = await startSandbox({ lapi: true, clock: time.clock });
  lapi = sandbox.lapi!;
  lapi.addMachine(MACHINE);
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop();
  await sandbox.stop();
});

async function agent(
  lapiOptions: Partial<CrowdsecOptions['lapi']> = {},
  options: CrowdsecOptions = {},
): Promise<Crowdsec> {
  const crowdsec = createCrowdsec({
    lapi: {
      url: lapi.url,
      apiKey: lapi.addBouncer('shop'),
      machine: MACHINE,
      updateIntervalMs: 600_000,
      ...lapiOptions,
    },
    scenarios: [SCENARIO, 'acme/http-404'],
    ephemeral: true,
    logger: silentLogger,
    mergeWindowMs: 0,
    clock: time.clock,
    scheduler: time.scheduler,
    ...options,
  });
  agents.push(crowdsec);
  await crowdsec.start();
  return crowdsec;
}

const values = (alerts: readonly LapiAlert[]): readonly unknown[] =>
  alerts.map(({ body }) => (body.source as { value: unknown }).value);
const pushes = (): readonly number[] =>
  lapi.calls.filter(({ path }) => path === '/v1/alerts').map(({ status }) => status ?? 0);
const bodies = (): readonly unknown[][] =>
  lapi.calls.filter(({ path }) => path === '/v1/alerts').map(({ body }) => body as unknown[]);

describe('a report of an agent with a machine at LAPI', () => {
  it('becomes one alert without a decision, and the profile of the operator bans', async () => {
    const crowdsec = await agent();

    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO, eventCount: 10 });
    expect(await crowdsec.flushSignals()).toMatchObject({ sent: 1, waiting: 0 });

    expect(lapi.alerts).toMatchObject([{ machineId: 'shop', body: { remediation: true, events_count: 10 } }]);
    expect(lapi.alerts[0]!.body).not.toHaveProperty('decisions');
    expect(lapi.decisions.active()).toMatchObject([
      { value: '8.8.4.4', type: 'ban', origin: 'crowdsec', scenario: SCENARIO },
    ]);
  });

  it('leaves by itself within seconds', async () => {
    const crowdsec = await agent();
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO });

    await time.advance(5_500);

    expect(values(lapi.alerts)).toEqual(['8.8.4.4']);
  });

  it('is not sent to CAPI as well, although the agent speaks to CAPI', async () => {
    const crowdsec = await agent({}, { apiUrl: sandbox.url });
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO });
    await crowdsec.flushSignals();
    await time.advance(2 * 600_000);

    expect(lapi.alerts).toHaveLength(1);
    expect(sandbox.signals).toEqual([]);
  });

  it('goes to CAPI when the agent has no machine at LAPI', async () => {
    const crowdsec = await agent({ machine: undefined }, { apiUrl: sandbox.url });
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO, eventCount: 3 });
    await crowdsec.flushSignals();

    expect(lapi.alerts).toEqual([]);
    expect(sandbox.signals).toHaveLength(1);
    // What is for local APIs alone is not told to CAPI.
    expect(sandbox.signals[0]!.signal).not.toHaveProperty('events_count');
  });

  it('that is a whisper is told, and nobody is banned for it', async () => {
    const crowdsec = await agent();
    crowdsec.whisper({ ip: '8.8.4.4', scenario: 'acme/http-404' });
    await crowdsec.flushSignals();

    expect(lapi.alerts).toMatchObject([{ body: { remediation: false } }]);
    expect(lapi.decisions.active()).toEqual([]);
  });

  it('brings its own decision with `decisions: push`: type, range and duration as reported', async () => {
    const crowdsec = await agent({ decisions: 'push' });
    crowdsec.report({ range: '2a00:1450::/32', scenario: SCENARIO, decision: { type: 'captcha', duration: '30m' } });
    await crowdsec.flushSignals();

    expect(lapi.decisions.active()).toMatchObject([
      { value: '2a00:1450::/32', scope: 'Range', type: 'captcha', origin: 'crowdsec' },
    ]);
    await time.advance(30 * 60_000);
    expect(lapi.decisions.active()).toEqual([]);
  });

  it.each([
    ['push', 0],
    ['profiles', 1],
  ] as const)(
    'that waited five hours while LAPI was away, with `decisions: %s`, makes %i bans',
    async (decisions, bans) => {
      const crowdsec = await agent({ decisions });
      lapi.faults.add({ path: '/v1/alerts', cut: 'before', times: Infinity });
      const reportedAt = time.clock.now();
      crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO, decision: { type: 'ban', duration: '4h' } });
      await time.advance(5 * HOUR, IN_MINUTES);

      lapi.faults.clear();
      await time.advance(90_000);

      expect(lapi.alerts).toMatchObject([{ body: { start_at: new Date(reportedAt).toISOString() } }]);
      expect(lapi.decisions.active()).toHaveLength(bans);
    },
  );

  it('arrives after a restart of LAPI by one login and one repetition', async () => {
    const crowdsec = await agent();
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO });
    await crowdsec.flushSignals();
    lapi.restart();
    await time.advance(1_000);
    for (let n = 1; n <= 10; n++) crowdsec.report({ ip: `8.8.4.${n}`, scenario: SCENARIO });
    expect(await crowdsec.flushSignals()).toMatchObject({ sent: 10 });

    expect(pushes()).toEqual([201, 401, 201]);
    expect(lapi.calls.filter(({ path }) => path === '/v1/watchers/login')).toHaveLength(2);
  });

  it.each([
    ['an hour ahead of', HOUR],
    ['five hours behind', -5 * HOUR],
  ])('of an agent whose clock is %s that of LAPI is banned as long as any other', async (_, aheadMs) => {
    const own = manualTime(time.clock.now() + aheadMs);
    const crowdsec = await agent({}, { clock: own.clock, scheduler: own.scheduler });
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO });
    await crowdsec.flushSignals();

    await time.advance(3 * HOUR + 59 * 60_000, IN_MINUTES);
    expect(lapi.decisions.active()).toHaveLength(1);
    await time.advance(2 * 60_000);
    expect(lapi.decisions.active()).toEqual([]);
  });

  it('waits in the journal for a machine that is not validated yet, with one line in the log for all tries', async () => {
    const warned: string[] = [];
    const logger = { ...silentLogger, warn: (message: string) => void warned.push(message) };
    const crowdsec = await agent({ machine: { machineId: 'late', password: 'another-password' } }, { logger });
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO });
    await time.advance(10 * 60_000);
    expect(lapi.calls.filter(({ path }) => path === '/v1/watchers/login').length).toBeGreaterThan(5);
    expect(warned.filter((line) => line.includes('sent later'))).toHaveLength(1);
    expect(crowdsec.health()).toMatchObject({
      lapiMachine: { machineId: 'late', loggedIn: false },
      problems: expect.arrayContaining([
        { code: 'CROWDSEC_CREDENTIALS_REJECTED', message: expect.stringContaining('cscli machines add late') },
      ]),
      signals: { buffered: 1 },
    });

    lapi.addMachine({ machineId: 'late', password: 'another-password' });
    await time.advance(120_000);

    expect(values(lapi.alerts)).toEqual(['8.8.4.4']);
    expect(crowdsec.health().problems.map(({ code }) => code)).not.toContain('CROWDSEC_CREDENTIALS_REJECTED');
  });
});

describe('what LAPI does not take', () => {
  it.each([
    ['its schema', 'validation failure list:\n7.scenario in body is required'],
    ['its address', "unable to convert 'x' to int: invalid ip address 'x'"],
    [
      'a text that its database can not hold',
      'pq: value too long for type character varying(255): unable to insert bulk',
    ],
    ['something that nobody has heard of', 'an error of a later version'],
  ])(
    'a batch with one alert that is refused for %s is split; that one is set aside, all others get through',
    async (_, message) => {
      const crowdsec = await agent();
      lapi.rejectAlerts(({ source }) => ((source as { value: string }).value === '8.8.4.7' ? message : undefined));
      for (let n = 1; n <= 20; n++) crowdsec.report({ ip: `8.8.4.${n}`, scenario: SCENARIO });

      await time.advance(120_000);

      expect(lapi.alerts).toHaveLength(19);
      expect(values(lapi.alerts)).not.toContain('8.8.4.7');
      expect(await crowdsec.poisonedSignals()).toMatchObject([
        { signal: { source: { value: '8.8.4.7' } }, message: expect.stringContaining(message.slice(0, 20)) },
      ]);
      const calls = pushes().length;
      await time.advance(24 * HOUR, IN_STEPS);
      expect(pushes()).toHaveLength(calls);
      expect(crowdsec.health().signals).toMatchObject({ sent: 19, poisoned: 1, buffered: 0 });
    },
  );

  it('one alert that is refused alone is set aside at once, and not sent again for ever', async () => {
    const crowdsec = await agent();
    lapi.rejectAlerts(() => 'validation failure list:\n0.scenario in body is required');
    crowdsec.report({ ip: '8.8.4.7', scenario: SCENARIO });

    await time.advance(24 * HOUR, IN_STEPS);

    expect(pushes()).toEqual([500]);
    expect(crowdsec.health().signals).toMatchObject({ poisoned: 1, buffered: 0 });
    lapi.rejectAlerts(() => undefined);
    expect(await crowdsec.retryPoisoned()).toEqual({ retried: 1, left: 0 });
    await time.advance(60_000);
    expect(values(lapi.alerts)).toEqual(['8.8.4.7']);
  });

  it('a database that is locked is waited for: the same alerts come again, and none is set aside', async () => {
    const crowdsec = await agent();
    const locked = { status: 500, body: { message: 'creating alert: database is locked: unable to insert bulk' } };
    lapi.faults.add({ path: '/v1/alerts', times: 4, ...locked });
    for (let n = 1; n <= 3; n++) crowdsec.report({ ip: `8.8.4.${n}`, scenario: SCENARIO });

    await time.advance(60_000);

    expect(pushes()).toEqual([500, 500, 500, 500, 201]);
    expect(new Set(bodies().map((body) => body.length))).toEqual(new Set([3]));
    expect(crowdsec.health().signals).toMatchObject({ sent: 3, poisoned: 0, buffered: 0 });
  });

  it.each([
    ['a proxy that finds no engine behind it', { status: 502, body: '<html>Bad Gateway</html>' }],
    ['an engine that is restarted', { cut: 'before' }],
    ['a limit of a proxy', { status: 429, headers: { 'retry-after': '20' } }],
    ['the page of something else', { status: 200, body: '<html>Welcome</html>' }],
  ] as const)('%s is waited for, and nothing is lost', async (_, fault) => {
    const crowdsec = await agent();
    lapi.faults.add({ path: '/v1/alerts', times: 2, ...fault });
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO });

    await time.advance(60_000);

    expect(values(lapi.alerts)).toEqual(['8.8.4.4']);
    expect(crowdsec.health().signals).toMatchObject({ sent: 1, poisoned: 0, buffered: 0 });
  });

  it('fewer ids than alerts are counted, and nothing is sent again', async () => {
    const crowdsec = await agent();
    lapi.faults.add({ path: '/v1/alerts', status: 201, body: ['7'] });
    lapi.faults.add({ path: '/v1/alerts', status: 201, body: [] });
    for (let n = 1; n <= 3; n++) crowdsec.report({ ip: `8.8.4.${n}`, scenario: SCENARIO });
    await time.advance(10_000);
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO });
    await time.advance(60_000);

    expect(pushes()).toEqual([201, 201]);
    expect(crowdsec.health().signals).toMatchObject({ sent: 4, discarded: 3, buffered: 0 });
  });

  it.each(['push', 'profiles'] as const)(
    'an address on an allowlist of the operator is not banned with `decisions: %s`, and counted; others are',
    async (decisions) => {
      const crowdsec = await agent({ decisions });
      lapi.setAllowlist(['8.8.4.0/24', '2a00:1450::1']);
      for (const ip of ['8.8.4.4', '2a00:1450::1', '8.8.8.8']) crowdsec.report({ ip, scenario: SCENARIO });
      await crowdsec.flushSignals();

      expect(lapi.decisions.active().map(({ value }) => value)).toEqual(['8.8.8.8']);
      expect(crowdsec.health().signals).toMatchObject({ sent: 3, discarded: 2, buffered: 0 });
    },
  );

  it('an engine that can not tell of allowlists takes pushed decisions as before, and is not asked each time', async () => {
    await sandbox.stop();
    sandbox = await startSandbox({ lapi: { engine: '1.4.6' }, clock: time.clock });
    lapi = sandbox.lapi!;
    lapi.addMachine(MACHINE);
    const crowdsec = await agent({ decisions: 'push' });
    for (const ip of ['8.8.4.4', '8.8.8.8']) {
      crowdsec.report({ ip, scenario: SCENARIO });
      await crowdsec.flushSignals();
      await time.advance(2_000);
    }
    expect(lapi.decisions.active()).toHaveLength(2);
    expect(lapi.calls.filter(({ path }) => path === '/v1/allowlists/check').map(({ status }) => status)).toEqual([404]);
  });

  it('an answer that is lost means that LAPI has the alerts twice, with the same uuids', async () => {
    const crowdsec = await agent();
    lapi.faults.add({ path: '/v1/alerts', cut: 'after' });
    crowdsec.report({ ip: '8.8.4.4', scenario: SCENARIO });

    await time.advance(60_000);

    expect(lapi.alerts).toHaveLength(2);
    const [first, second] = lapi.alerts.map(({ body }) => body.events);
    expect(first).toEqual(second);
  });

  it('no more than 50 alerts leave in one call, uncompressed', async () => {
    const crowdsec = await agent();
    for (let n = 0; n < 120; n++) crowdsec.report({ ip: `8.8.${n}.1`, scenario: SCENARIO });

    await time.advance(60_000);

    expect(bodies().map((body) => body.length)).toEqual([50, 50, 20]);
    expect(lapi.alerts).toHaveLength(120);
  });
});

describe('liftAtEngine()', () => {
  const decide = (): void =>
    void lapi.decisions.add([
      { value: '198.51.100.7', duration: '4h' },
      { value: '198.51.100.0/24', scope: 'Range', duration: '4h' },
      { value: '203.0.113.9', duration: '4h' },
    ]);
  const active = (): readonly string[] => lapi.decisions.active().map(({ value }) => value);

  it('ends what the engine holds about an address, ranges that hold it included, and tells how many that were', async () => {
    const crowdsec = await agent();
    decide();

    expect(await crowdsec.liftAtEngine({ ip: '::ffff:198.51.100.7' })).toBe(2);
    expect(active()).toEqual(['203.0.113.9']);
    expect(await crowdsec.liftAtEngine({ ip: '198.51.100.7' })).toBe(0);
  });

  it('leaves the ranges with `keepRanges`, and ends a range with what holds all of it', async () => {
    const crowdsec = await agent();
    decide();

    expect(await crowdsec.liftAtEngine({ ip: '198.51.100.7', keepRanges: true })).toBe(1);
    expect(active()).toEqual(['198.51.100.0/24', '203.0.113.9']);
    expect(await crowdsec.liftAtEngine({ range: '198.51.100.0/25' })).toBe(1);
    expect(active()).toEqual(['203.0.113.9']);
  });

  it.each([
    ['nothing', {}],
    ['both', { ip: '198.51.100.7', range: '198.51.100.0/24' }],
    ['a range with keepRanges', { range: '198.51.100.0/24', keepRanges: true }],
    ['another word', { value: '198.51.100.7' }],
  ])('is refused for %s before anything is sent: without a filter LAPI would end all decisions', async (_, target) => {
    const crowdsec = await agent();
    decide();

    await expect(crowdsec.liftAtEngine(target as { ip?: string })).rejects.toMatchObject({
      code: 'CROWDSEC_OPTION_INVALID',
    });
    expect(active()).toHaveLength(3);
    expect(lapi.calls.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  it.each([[undefined], [''], ['nonsense'], ['198.51.100.7/24/24'], ['0']])(
    'ends nothing for %j, which is no address: a visitor may have brought it',
    async (ip) => {
      const crowdsec = await agent();
      decide();

      expect(await crowdsec.liftAtEngine({ ip })).toBe(0);
      expect(active()).toHaveLength(3);
      expect(lapi.calls.filter(({ method }) => method === 'DELETE')).toEqual([]);
    },
  );

  it('says what is missing without a machine, and leaves local decisions alone', async () => {
    const crowdsec = await agent({ machine: undefined });
    crowdsec.decide({ ip: '198.51.100.7', scenario: SCENARIO });

    await expect(crowdsec.liftAtEngine({ ip: '198.51.100.7' })).rejects.toMatchObject({ path: 'options.lapi.machine' });
    expect(crowdsec.localDecisions()).toHaveLength(1);
  });
});

describe('credentials of two kinds', () => {
  const pem = '-----BEGIN CERTIFICATE-----';
  it.each([
    ['a key and a client certificate', { apiKey: 'key', tls: { cert: pem, key: pem } }, 'options.lapi.tls.cert'],
    [
      'a machine with a password and a certificate',
      { machine: { ...MACHINE, tls: { cert: pem, key: pem } } },
      'options.lapi.machine.password',
    ],
    [
      'a machine with a password and a file',
      { machine: { ...MACHINE, passwordFile: '/run/x' } },
      'options.lapi.machine.password',
    ],
    ['a machine without a password', { machine: { machineId: 'shop' } }, 'options.lapi.machine.password'],
    ['a machine without an id', { machine: { password: 'x' } }, 'options.lapi.machine.machineId'],
    [
      'a machine with an id and a certificate',
      { machine: { machineId: 'shop', tls: { cert: pem, key: pem } } },
      'options.lapi.machine.machineId',
    ],
  ])('%s are refused at once, with the path of the option', (_, given, path) => {
    expect(() => createCrowdsec({ lapi: { url: lapi.url, apiKey: 'key', ...given } })).toThrow(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }),
    );
  });
});
