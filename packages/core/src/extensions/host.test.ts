import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Crowdsec } from '../agent.js';
import { createCrowdsec } from '../crowdsec.js';
import type { RequestFacts } from '../bouncer/verdict.js';
import { silentLogger } from '../logger.js';
import type { CrowdsecOptions } from '../options.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';
import type { DetectionEvent } from './detection-event.js';
import type { Detector, Outcome } from './detector.js';
import type { Extension, ExtensionContext } from './extension.js';
import type { Detection } from './host.js';

const MINUTE_MS = 60_000;
const VISITOR = '203.0.113.7';
const SCENARIO = 'acme/trap';

let time: ManualTime;
let sandbox: Sandbox;
let agents: Crowdsec[];

beforeEach(async () => {
  time = manualTime(Date.UTC(2026, 10, 22, 12));
  sandbox = await startSandbox({ clock: time.clock });
  sandbox.decisions.add([{ value: '198.51.100.7' }]);
  agents = [];
});

afterEach(async () => {
  for (const agent of agents) await agent.stop({ deadlineMs: 0 });
  await sandbox.stop();
});

function agent(extensions: readonly Extension[], options: Partial<CrowdsecOptions> = {}): Crowdsec {
  const crowdsec = createCrowdsec({
    apiUrl: sandbox.url,
    ephemeral: true,
    extensions,
    clock: time.clock,
    scheduler: time.scheduler,
    logger: silentLogger,
    journalDelayMs: 0,
    ...options,
  });
  agents.push(crowdsec);
  return crowdsec;
}

async function running(extensions: readonly Extension[], options: Partial<CrowdsecOptions> = {}): Promise<Crowdsec> {
  const crowdsec = agent(extensions, options);
  await crowdsec.start();
  await time.advance(0);
  return crowdsec;
}

function extension(
  parts: Partial<Extension> & { readonly detect?: Detector['detect']; readonly detector?: Partial<Detector> },
): Extension {
  const { detect, detector, ...rest } = parts;
  const detectors = detect === undefined ? [] : [{ name: 'trap', on: ['app:hit'] as const, detect, ...detector }];
  return { name: 'acme.trap', apiVersion: 1, scenarios: [SCENARIO], detectors, ...rest };
}

const facts = (path: string, remoteAddress = VISITOR): RequestFacts => ({
  remoteAddress,
  method: 'GET',
  path,
  headers: { 'user-agent': 'curl/8' },
});

/** Events are shown to detectors beside the requests, not on their way. */
const shown = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function hit(crowdsec: Crowdsec, ip = VISITOR, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) crowdsec.observe('app:hit', { ip, user: 'alice' });
  await shown();
}

const banAndTell: Outcome = { scenario: SCENARIO, signal: 'decision', decision: { duration: '1h' } };

describe('an extension', () => {
  it('is refused when it does not keep to the contract, with the path of what is wrong', () => {
    const wrong: readonly (readonly [Partial<Extension>, string])[] = [
      [{ name: 'Acme Trap' }, 'options.extensions[0].name'],
      [{ apiVersion: 2 as 1 }, 'options.extensions[0].apiVersion'],
      [{ scenarios: ['trap'] }, 'options.extensions[0].scenarios[0]'],
      [
        { detectors: [{ name: 'a', on: ['login'] as never, detect: () => undefined }] },
        'options.extensions[0].detectors[0].on[0]',
      ],
      [{ detectors: [{ name: 'a', on: [], detect: () => undefined }] }, 'options.extensions[0].detectors[0].on'],
      [
        { detectors: [{ name: 'a', on: ['response'], blocking: true, detect: () => undefined }] },
        'options.extensions[0].detectors[0].on',
      ],
      [{ sources: [{} as never] }, 'options.extensions[0].sources[0]'],
      [{ remedies: { ban: 'no' as never } }, 'options.extensions[0].remedies.ban'],
    ];
    for (const [parts, path] of wrong) {
      expect(() => agent([extension(parts)])).toThrow(
        expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }) as Error,
      );
    }
  });

  it('may not share its name, or that of a remedy, with another', () => {
    const twice = expect.objectContaining({ path: 'options.extensions[1].name' }) as Error;
    expect(() => agent([extension({}), extension({})])).toThrow(twice);
    const remedy = { captcha: () => 'pass' as const };
    const both = [extension({ remedies: remedy }), extension({ name: 'acme.other', remedies: remedy })];
    expect(() => agent(both)).toThrow(expect.objectContaining({ path: 'options.extensions[1].remedies' }) as Error);
  });

  it('may not bring a remedy that would never serve', () => {
    const slow = extension({ remedies: { slow: () => 'pass' } });
    const never = expect.objectContaining({ path: 'options.extensions[0].remedies.slow' }) as Error;
    expect(() => agent([slow])).toThrow(never);
    expect(() => agent([slow], { remediations: ['ban', 'Slow'] })).not.toThrow();
    expect(() => agent([extension({ remedies: { Slow: () => 'pass' } })])).toThrow(/in lower case/);
  });

  it('has its scenarios told at login', async () => {
    const crowdsec = await running([extension({ detect: () => banAndTell })], { scenarios: ['acme/own'] });
    await hit(crowdsec);
    await time.advance(0);
    await crowdsec.flushSignals();
    expect(sandbox.machines[0]?.scenarios.toSorted()).toEqual(['acme/own', SCENARIO]);
  });

  it('is activated by the start, and disposed by the stop, in reverse order, each with an end to it', async () => {
    const told: string[] = [];
    const named = (name: string): Extension =>
      extension({
        name,
        activate: ({ signal }) => {
          told.push(`+${name}`);
          signal.addEventListener('abort', () => told.push(`!${name}`));
        },
        dispose: () => {
          told.push(`-${name}`);
          return name === 'hangs' ? new Promise<void>(() => undefined) : Promise.resolve();
        },
      });
    const crowdsec = await running([named('first'), named('hangs'), named('last')]);
    const stop = crowdsec.stop();
    await shown();
    await time.advance(2_000);
    await stop;
    expect(told).toEqual(['+first', '+hangs', '+last', '!last', '-last', '!hangs', '-hangs', '!first', '-first']);
  });

  it('keeps values of its own in the store, and its timers end with it', async () => {
    let context: ExtensionContext | undefined;
    const keep = extension({ activate: (given) => void (context = given) });
    const crowdsec = await running([keep]);
    await context!.store.put('seen', { count: 3 });
    expect(await context!.store.get('seen')).toEqual({ count: 3 });
    await expect(context!.store.get('no/such')).rejects.toMatchObject({ code: 'CROWDSEC_OPTION_INVALID' });
    expect(crowdsec.health().extensions[0]?.failures).toBe(1);
    let ticks = 0;
    context!.scheduler.schedule('tick', 1_000, () => void ticks++);
    context!.scheduler.schedule('tock', 60_000, () => void ticks++);
    await time.advance(1_000);
    await crowdsec.stop({ deadlineMs: 0 });
    await time.advance(MINUTE_MS);
    expect(ticks).toBe(1);
    const tooLate = expect.objectContaining({ code: 'CROWDSEC_STOPPED' }) as Error;
    expect(() => context!.whisper({ ip: VISITOR, scenario: SCENARIO })).toThrow(tooLate);
  });

  it('acts by its context, within its own scenarios', async () => {
    let context: ExtensionContext | undefined;
    const crowdsec = await running([extension({ activate: (given) => void (context = given) })], {
      scenarios: ['acme/own'],
    });
    expect(context!.decide({ ip: VISITOR, scenario: SCENARIO })).toMatchObject({ value: VISITOR });
    expect(context!.decide({ ip: '10.0.0.1', scenario: SCENARIO })).toBeUndefined();
    expect(context!.report({ ip: VISITOR, scenario: SCENARIO })).toMatchObject({ status: 'buffered' });
    const foreign = expect.objectContaining({ code: 'CROWDSEC_SCENARIO_UNDECLARED' }) as Error;
    expect(() => context!.report({ ip: VISITOR, scenario: 'acme/own' })).toThrow(foreign);
    expect(crowdsec.health().extensions[0]).toMatchObject({ failures: 1, state: 'active' });
    const rest = Array.from({ length: 1_001 }, (_, i) =>
      context!.whisper({ ip: `23.${i >> 6}.${i & 63}.1`, scenario: SCENARIO }),
    );
    expect(rest.at(-1)).toMatchObject({ status: 'refused', reason: 'capped' });
    expect(crowdsec.health().problems).toContainEqual(expect.objectContaining({ code: 'EXTENSION_CAPPED' }));
  });
});

describe('a detector', () => {
  it('sees requests, answers and what the application tells, without query, cookies or credentials', async () => {
    const seen: DetectionEvent[] = [];
    const watch = { on: ['request', 'response', 'app:hit'] } as const;
    const crowdsec = await running([extension({ detect: (event) => void seen.push(event), detector: watch })]);
    const request = {
      ...facts('/login'),
      headers: { 'user-agent': 'x'.repeat(600), cookie: 'a=b', authorization: 'Basic eDp5' },
    };
    const verdict = crowdsec.bouncer.inspect(request);
    await time.advance(7);
    crowdsec.bouncer.answering(request, verdict)?.(401);
    await hit(crowdsec, '::FFFF:203.0.113.7');
    const traits = { method: 'GET', path: '/login', userAgent: 'x'.repeat(500), action: 'pass', ip: VISITOR };
    expect(seen).toEqual([
      { kind: 'request', at: expect.any(Number) as number, ...traits },
      {
        kind: 'response',
        at: expect.any(Number) as number,
        status: 401,
        durationMs: expect.any(Number) as number,
        ...traits,
      },
      { kind: 'app:hit', at: expect.any(Number) as number, ip: VISITOR, facts: { user: 'alice' } },
    ]);
  });

  it('sees where a path leads that is too long to be shown as it arrived', async () => {
    const paths: string[] = [];
    const detect = (event: DetectionEvent): void => void ('path' in event && paths.push(event.path));
    const crowdsec = await running([
      extension({ detect: detect as Detector['detect'], detector: { on: ['request', 'response'] } }),
    ]);
    const request = facts(`/${'./'.repeat(1_001)}.env`);
    crowdsec.bouncer.answering(request, crowdsec.bouncer.inspect(request))?.(404);
    crowdsec.bouncer.inspect(facts(`/x/${'.%2e/'.repeat(1_001)}bin/sh`));
    await shown();
    expect(paths).toEqual(['/.env', '/.env', '/%2e%2e/bin/sh']);
  });

  it('sees of the answers those with its statuses, each in its order', async () => {
    const seen: string[] = [];
    const note = (name: string, statuses?: readonly number[]): Detector => ({
      name,
      on: ['request', 'response'],
      ...(statuses !== undefined && { statuses }),
      detect: (event) => void seen.push(`${name} ${event.kind === 'response' ? event.status : event.kind}`),
    });
    const some = [note('missing', [404, 410]), note('refused', [403])];
    const crowdsec = await running([extension({ detectors: some })]);
    const answer = (status: number): void =>
      crowdsec.bouncer.answering(facts('/'), crowdsec.bouncer.inspect(facts('/')))?.(status);
    for (const status of [200, 404, 403]) answer(status);
    await shown();
    expect(seen.filter((each) => !each.endsWith('request'))).toEqual(['missing 404', 'refused 403']);
    expect(seen.filter((each) => each === 'missing request')).toHaveLength(3);

    const all = await running([extension({ detectors: [...some, note('all')] })]);
    all.bouncer.answering(facts('/'), all.bouncer.inspect(facts('/')))?.(200);
    await shown();
    expect(seen).toContain('all 200');
    await expect(running([extension({ detectors: [note('none', [99])] })])).rejects.toThrow(/detectors\[0\]\.statuses/);
  });

  it('that is slow is found among quick ones, also when all have been quick for long', async () => {
    const { clock, scheduler } = manualTime();
    let waitedMs = 0;
    let isSlow = false;
    const slow = { now: () => clock.now(), monotonic: () => clock.monotonic() + waitedMs };
    const detector = (name: string, detect: () => void): Detector => ({
      name,
      on: ['app:hit'],
      detect: () => void detect(),
    });
    const detectors = [
      detector('first', () => undefined),
      detector('second', () => void (waitedMs += isSlow ? 60 : 0)),
    ];
    const crowdsec = await running(
      [
        extension({ detectors }),
        { ...extension({}), name: 'acme.other', detectors: [detector('third', () => undefined)] },
      ],
      { clock: slow, scheduler },
    );
    for (let i = 0; i < 150; i++) await hit(crowdsec);
    isSlow = true;
    for (let i = 0; i < 6; i++) await hit(crowdsec);
    expect(crowdsec.health().extensions).toMatchObject([
      { state: 'off', reason: 'detector second: held the event loop for 60 ms' },
      { state: 'active', failures: 0 },
    ]);
  });

  it('is told when each request came, also while more come than it can be shown', async () => {
    let passedMs = 0;
    const clock = { now: () => time.clock.now() + passedMs, monotonic: () => time.clock.monotonic() + passedMs };
    const told: number[] = [];
    const detect: Detector['detect'] = ({ at }) => {
      told.push(at);
      passedMs += 40;
    };
    const crowdsec = await running([extension({ detect, detector: { on: ['request'] } })], { clock });
    const came: number[] = [];
    const visit = (): void => {
      came.push(clock.now());
      crowdsec.bouncer.inspect(facts('/', `203.0.113.${came.length}`));
    };
    for (let i = 0; i < 3; i++) visit();
    for (let i = 0; i < 10; i++) {
      await shown();
      visit();
    }
    await expect.poll(() => told.length).toBe(came.length);
    expect(told).toEqual(came);
  });

  it('is asked beside the requests, and costs nothing where it does not listen', async () => {
    const crowdsec = await running([extension({ detect: () => banAndTell, detector: { on: ['request'] } })]);
    expect(crowdsec.bouncer.inspect(facts('/'))).toMatchObject({ action: 'pass' });
    await shown();
    expect(crowdsec.bouncer.inspect(facts('/'))).toMatchObject({ action: 'block', origin: 'crowdsec' });
    expect(crowdsec.bouncer.answering(facts('/'), crowdsec.bouncer.inspect(facts('/')))).toBeUndefined();
  });

  it('that is blocking refuses the very request, an IPv6 client by its /64', async () => {
    const detect: Detector['detect'] = (event) => ('path' in event && event.path === '/trap' ? banAndTell : undefined);
    const crowdsec = await running([extension({ detect, detector: { on: ['request'], blocking: true } })]);
    expect(crowdsec.bouncer.inspect(facts('/trap')).action).toBe('block');
    expect(crowdsec.bouncer.inspect(facts('/', '203.0.113.8')).action).toBe('pass');
    expect(crowdsec.bouncer.inspect(facts('/trap', '2001:db8:1:2::1')).action).toBe('block');
    expect(crowdsec.bouncer.inspect(facts('/', '2001:db8:1:2:ffff::9')).action).toBe('block');
    expect(crowdsec.bouncer.inspect(facts('/', '2001:db8:1:3::1')).action).toBe('pass');
    await time.advance(0);
    await crowdsec.flushSignals();
    expect(sandbox.signals.map(({ signal }) => signal.source.value)).toEqual([VISITOR, '2001:db8:1:2::1']);
    expect(sandbox.signals[0]?.signal.decisions?.[0]).toMatchObject({ type: 'ban', duration: '1h' });
  });

  it('has seen what a client did by its next request, however fast that comes', async () => {
    const crowdsec = await running([extension({ detect: ({ ip }) => (ip === VISITOR ? banAndTell : undefined) })]);
    crowdsec.observe('app:hit', { ip: '203.0.113.8' });
    crowdsec.observe('app:hit', { ip: VISITOR });
    expect(crowdsec.bouncer.inspect(facts('/')).action).toBe('block');
    expect(crowdsec.health().extensions[0]?.detectors[0]?.events).toBe(1);
    await shown();
    expect(crowdsec.health().extensions[0]?.detectors[0]?.events).toBe(2);
  });

  it('sees 10,000 events that wait, and what is too much is dropped', async () => {
    let seen = 0;
    const crowdsec = await running([extension({ detect: () => void seen++ })]);
    for (let i = 0; i < 10_500; i++) crowdsec.observe('app:hit', { ip: VISITOR });
    expect(crowdsec.health().droppedEvents).toBe(500);
    crowdsec.bouncer.inspect(facts('/'));
    expect(seen).toBeGreaterThan(0);
    await crowdsec.stop();
    expect(seen).toBe(10_000);
  });

  it('never has private and own addresses acted on, nor more than its cap, nor anything in a dry run', async () => {
    const detections: Detection[] = [];
    const crowdsec = await running([extension({ detect: () => banAndTell, detector: { capPerHour: 2 } })], {
      ownIps: ['203.0.113.99'],
    });
    crowdsec.on('detected', (detection) => detections.push(detection));
    for (const ip of ['10.0.0.1', '203.0.113.99', '203.0.113.1', '198.51.100.2', '23.0.113.3']) await hit(crowdsec, ip);
    expect(detections.map(({ ip, suppressed }) => [ip, suppressed])).toEqual([
      ['10.0.0.1', 'non-public-ip'],
      ['203.0.113.99', 'own-ip'],
      ['203.0.113.1', undefined],
      ['198.51.100.2', undefined],
      ['23.0.113.3', 'capped'],
    ]);
    expect(crowdsec.health().extensions[0]?.detectors[0]).toMatchObject({
      acted: 2,
      suppressed: { 'non-public-ip': 1, 'own-ip': 1, capped: 1 },
    });
    expect(crowdsec.health().problems.map(({ code }) => code)).toContain('EXTENSION_CAPPED');
    await time.advance(60 * MINUTE_MS);
    await hit(crowdsec, '23.0.113.3');
    expect(crowdsec.getIpRemediation('23.0.113.3').remediation).toBe('ban');

    const dry = await running([extension({ detect: () => banAndTell, detector: { dryRun: true } })]);
    await hit(dry, '203.0.113.4');
    expect(dry.getIpRemediation('203.0.113.4').remediation).toBe('bypass');
    expect(dry.health().extensions[0]?.detectors[0]?.suppressed).toEqual({ 'dry-run': 1 });
  });

  it('that answers a promise is heard before the stop', async () => {
    const detections: Detection[] = [];
    const detect = (): Promise<Outcome> => new Promise((resolve) => void setTimeout(() => resolve(banAndTell), 50));
    const crowdsec = await running([extension({ detect })]);
    crowdsec.on('detected', (detection) => detections.push(detection));
    crowdsec.observe('app:hit', { ip: VISITOR });
    await crowdsec.stop();
    expect(detections).toMatchObject([{ ip: VISITOR, scenario: SCENARIO }]);
  });

  it('that quotes what a visitor sent is not switched off by long texts: they are cut', async () => {
    const long = 'x'.repeat(9_999);
    const context = {
      path: long,
      [`name-${long}`]: 1,
      ratio: Number.NaN,
      referer: undefined as unknown as string,
      '': 'nameless',
      ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`header-${i}`, i])),
    };
    const detect = (): Outcome => ({ ...banAndTell, message: `${'y'.repeat(999)}\u{1f600}${long}`, context });
    const crowdsec = await running([extension({ detect })]);
    await hit(crowdsec, VISITOR, 6);
    expect(crowdsec.health().extensions[0]).toMatchObject({ state: 'active', failures: 0, detectors: [{ acted: 6 }] });
    await time.advance(0);
    await crowdsec.flushSignals();
    const { message, context: pairs } = sandbox.signals[0]!.signal;
    expect(message).toBe('y'.repeat(999));
    expect(pairs).toHaveLength(20);
    expect(pairs).toEqual(
      expect.arrayContaining([
        { key: 'path', value: 'x'.repeat(4_000) },
        { key: `name-${long}`.slice(0, 255), value: '1' },
        { key: 'ratio', value: 'NaN' },
      ]),
    );
  });

  it('is not shown what the application tells wrongly, and visitors can make nothing of it throw', async () => {
    const seen: DetectionEvent[] = [];
    const crowdsec = await running([extension({ detect: (event) => void seen.push(event) })]);
    const wrong = expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path: 'observe.kind' }) as Error;
    expect(() => crowdsec.observe('login' as 'app:x', { ip: VISITOR })).toThrow(wrong);
    expect(() => crowdsec.observe('app:hit', {} as { ip: string })).toThrow(
      expect.objectContaining({ path: 'observe.ip' }) as Error,
    );
    crowdsec.observe('app:hit', { ip: 'nonsense' });
    crowdsec.observe('app:hit', { ip: VISITOR, user: 'x'.repeat(9_999), odd: { deep: 1 } as never });
    await shown();
    expect(seen).toMatchObject([{ facts: { user: 'x'.repeat(500) } }]);
    expect(Object.keys((seen[0] as { facts: object }).facts)).toEqual(['user']);
  });
});

describe('what an extension may do', () => {
  /** An agent, and the context of an extension of it. */
  async function withContext(
    options: Partial<CrowdsecOptions> = {},
  ): Promise<{ crowdsec: Crowdsec; context: ExtensionContext }> {
    let context: ExtensionContext | undefined;
    const crowdsec = await running([extension({ activate: (given) => void (context = given) })], options);
    return { crowdsec, context: context! };
  }

  it.each(['0.0.0.0/0', '8.0.0.0/5', '96.0.0.0/3', '2000::/1', 'c000::/2', '203.0.113.0/24'])(
    'is not to decide about %s, of which a part is private or its own',
    async (range) => {
      const { crowdsec, context } = await withContext({ ownIps: ['203.0.113.200'] });
      expect(context.decide({ range, scenario: SCENARIO })).toBeUndefined();
      expect(context.report({ range, scenario: SCENARIO })).toMatchObject({ status: 'refused' });
      expect(crowdsec.localDecisions()).toEqual([]);
    },
  );

  it('is not to weaken what holds: a stronger type stays, then the later end', async () => {
    const { crowdsec, context } = await withContext();
    const decide = (duration: string, type = 'ban'): void =>
      void context.decide({ ip: VISITOR, scenario: SCENARIO, type, duration });
    const held = (): unknown =>
      crowdsec.localDecisions().map(({ type, expiresAt }) => [type, (expiresAt - time.clock.now()) / 3_600_000]);
    crowdsec.decide({ ip: VISITOR, scenario: 'admin/by-hand', duration: '720h' });
    decide('1h');
    decide('900h', 'captcha');
    expect(held()).toEqual([['ban', 720]]);
    decide('721h');
    expect(held()).toEqual([['ban', 721]]);
    crowdsec.decide({ ip: VISITOR, scenario: 'admin/by-hand', duration: '1h' });
    expect(held()).toEqual([['ban', 1]]);
  });

  it('is not to change whom others act on', async () => {
    const liar = extension({
      name: 'acme.liar',
      detect: (event) => {
        (event as { ip: string }).ip = '198.51.100.99';
        return banAndTell;
      },
    });
    const crowdsec = await running([liar, extension({ detect: () => banAndTell })]);
    await hit(crowdsec);
    expect(crowdsec.localDecisions()).toMatchObject([{ value: VISITOR }]);
    expect(crowdsec.health().extensions).toMatchObject([{ failures: 1 }, { failures: 0 }]);
  });

  it('is not to become somebody else after it was checked', async () => {
    const detector = { name: 'trap', on: ['app:hit'], detect: () => banAndTell } as {
      -readonly [Key in keyof Detector]: Detector[Key];
    };
    const shifty = { ...extension({}), detectors: [detector] };
    const crowdsec = await running([shifty]);
    detector.on = undefined as never;
    detector.detect = () => undefined;
    Object.defineProperty(shifty, 'sources', {
      get: () => {
        throw new Error('gone');
      },
    });
    await hit(crowdsec);
    expect(crowdsec.health().extensions).toMatchObject([{ name: 'acme.trap', detectors: [{ events: 1 }] }]);
    await crowdsec.stop();
  });

  it('is not to spend the share of all by one network, nor that of decisions by whispers', async () => {
    const whisper: Detector['detect'] = () => ({ scenario: SCENARIO, signal: 'whisper' });
    const loud = { detect: whisper, detector: { capPerHour: 20 } };
    const decide: Detector = { name: 'ban', on: ['app:ban'], detect: () => banAndTell, capPerHour: 20 };
    const made = extension(loud);
    const crowdsec = await running([{ ...made, detectors: [...(made.detectors ?? []), decide] }]);
    for (let i = 0; i < 40; i++) await hit(crowdsec, `2001:db8:bad:${i.toString(16)}::1`);
    expect(crowdsec.health().extensions[0]?.detectors[0]).toMatchObject({ acted: 2, suppressed: { capped: 38 } });
    for (let i = 0; i < 40; i++) await hit(crowdsec, `23.0.${i}.1`);
    expect(crowdsec.health().extensions[0]?.detectors[0]).toMatchObject({ acted: 20 });
    crowdsec.observe('app:ban', { ip: VISITOR });
    await shown();
    expect(crowdsec.getIpRemediation(VISITOR).remediation).toBe('ban');
  });
});

describe('an extension that fails', () => {
  it('in what nobody waits for does not end the process', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note).on('uncaughtException', note);
    onTestFinished(() => void process.off('unhandledRejection', note).off('uncaughtException', note));
    const lines: string[] = [];
    const logger = { ...silentLogger, warn: (line: string) => void lines.push(line) };
    let removed = 0;
    const crowdsec = await running(
      [
        extension({
          activate({ signal, store }) {
            const boom = (): never => {
              throw new Error('boom');
            };
            signal.addEventListener('abort', boom);
            signal.addEventListener('abort', (): unknown => Promise.reject(new Error('rejected')));
            signal.addEventListener('abort', { handleEvent: boom });
            signal.onabort = boom;
            const unwanted = (): void => void removed++;
            signal.addEventListener('abort', unwanted);
            signal.removeEventListener('abort', unwanted);
            void store.put('No Such Key', 1);
          },
        }),
      ],
      { logger },
    );
    await crowdsec.stop({ deadlineMs: 0 });
    await shown();
    expect(unhandled).toEqual([]);
    expect(lines.filter((line) => line.includes('listener of the signal of the extension acme.trap'))).toHaveLength(4);
    expect(removed).toBe(0);
  });

  it.each<readonly [string, () => void | Promise<void>]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['rejects', () => Promise.reject(new Error('boom'))],
    [
      'throws what has no text',
      () => {
        throw Object.create(null) as Error;
      },
    ],
  ])('in a timer of its own, which %s, fails alone', async (_, run) => {
    let context: ExtensionContext | undefined;
    const crowdsec = await running([extension({ activate: (given) => void (context = given) })]);
    context!.scheduler.schedule('tick', 1_000, run);
    await time.advance(1_000);
    expect(crowdsec.health().extensions[0]).toMatchObject({ failures: 1, state: 'active' });
  });

  it('by a remedy that answers nonsense is named, and the built-in one serves again', async () => {
    const remedies = { ban: () => ({ status: 99, headers: {}, body: '' }) };
    const crowdsec = await running([extension({ remedies })]);
    for (let i = 0; i < 5; i++) expect(crowdsec.bouncer.inspect(facts('/', '198.51.100.7')).action).toBe('pass');
    expect(crowdsec.health().extensions[0]).toMatchObject({
      state: 'off',
      reason: 'remedy ban: a remedy answered the status 99',
    });
    expect(crowdsec.bouncer.inspect(facts('/', '198.51.100.7')).action).toBe('block');
  });

  it('by holding the event loop is switched off, and what it found counts', async () => {
    let heldMs = 60;
    const monotonic = (): number => time.clock.monotonic() + (heldMs += 60);
    const clock = { now: () => time.clock.now(), monotonic };
    const crowdsec = await running([extension({ detect: () => banAndTell })], { clock });
    for (let i = 1; i <= 6; i++) await hit(crowdsec, `203.0.113.${i}`);
    expect(crowdsec.health().extensions[0]).toMatchObject({
      state: 'off',
      reason: expect.stringContaining('held the event loop for 60 ms') as string,
      detectors: [{ acted: 5 }],
    });
  });

  const failing: readonly (readonly [string, Detector['detect'], string])[] = [
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      'detector trap: boom',
    ],
    [
      'throws what has no text',
      () => {
        throw Object.create(null) as Error;
      },
      'detector trap: something that has no text',
    ],
    ['rejects', () => Promise.reject(new Error('boom')), 'detector trap: boom'],
    ['hangs', () => new Promise(() => undefined), 'detector trap: no answer within 2 s'],
    [
      'reports what it has not declared',
      () => ({ scenario: 'acme/other', signal: 'whisper' }),
      'is none that the extension declares',
    ],
    [
      'says what no outcome may',
      () => ({ scenario: SCENARIO, signal: 'shout' as 'whisper' }),
      "must be 'decision' or 'whisper'",
    ],
    [
      'speaks of somebody else',
      () => ({ scenario: SCENARIO, signal: 'whisper', ip: '8.8.8.8' }) as Outcome,
      'outcome.ip',
    ],
    ['answers nonsense', () => 'ban' as unknown as Outcome, 'detector trap: '],
  ];

  it.each(failing)('%s: is switched off after five failures, and named', async (_, detect, reason) => {
    const crowdsec = await running([extension({ detect }), extension({ name: 'acme.good', detect: () => banAndTell })]);
    await hit(crowdsec, VISITOR, 4);
    await time.advance(3_000);
    await shown();
    expect(crowdsec.health().extensions[0]).toMatchObject({ state: 'active', failures: 4 });
    await hit(crowdsec);
    await time.advance(3_000);
    await shown();
    const [bad, good] = crowdsec.health().extensions;
    expect(bad).toMatchObject({ name: 'acme.trap', state: 'off', reason: expect.stringContaining(reason) as string });
    expect(good).toMatchObject({ state: 'active', failures: 0 });
    expect(good?.detectors[0]?.acted).toBe(5);
    expect(crowdsec.health().problems).toContainEqual({
      code: 'EXTENSION_OFF',
      message: expect.stringContaining('acme.trap') as string,
    });
  });

  it('comes back after a minute, half-open: it goes at once if it fails again, for twice as long', async () => {
    let isBroken = true;
    let activations = 0;
    const detect = (): undefined => {
      if (isBroken) throw new Error('boom');
    };
    const crowdsec = await running([extension({ detect, activate: () => void activations++ })]);
    const states: string[] = [];
    crowdsec.on('extensionChanged', ({ state }) => states.push(state));
    const state = (): string | undefined => crowdsec.health().extensions[0]?.state;
    await hit(crowdsec, VISITOR, 5);
    expect(state()).toBe('off');
    await time.advance(MINUTE_MS);
    expect([state(), activations]).toEqual(['active', 2]);
    await hit(crowdsec);
    expect(state()).toBe('off');
    await time.advance(MINUTE_MS);
    expect(state()).toBe('off');
    await time.advance(MINUTE_MS);
    expect(state()).toBe('active');
    isBroken = false;
    await hit(crowdsec);
    await time.advance(2 * MINUTE_MS);
    isBroken = true;
    await hit(crowdsec, VISITOR, 4);
    expect(state()).toBe('active');
    expect(states).toEqual(['off', 'activating', 'active', 'off', 'activating', 'active']);
  });

  it('in its activation does not hold up the start for ever, nor cost the others theirs', async () => {
    const hangs = extension({ name: 'acme.hangs', activate: () => new Promise(() => undefined) });
    const throws = extension({
      name: 'acme.throws',
      activate: () => {
        throw new Error('no licence');
      },
    });
    const crowdsec = agent([hangs, throws, extension({ detect: () => banAndTell })]);
    const start = crowdsec.start();
    await shown();
    await time.advance(5_000);
    await start;
    expect(crowdsec.health().extensions).toMatchObject([
      { state: 'off', reason: 'activation: no end of its activation within 5 s' },
      { state: 'off', reason: 'activation: no licence' },
      { state: 'active' },
    ]);
  });

  it('in a remedy of a type of its own leaves its requests to onUnhandled, and the address known', async () => {
    const remedies = {
      slow: (): never => {
        throw new Error('boom');
      },
    };
    const crowdsec = await running([extension({ remedies, detect: () => undefined })], {
      remediations: ['ban', 'slow'],
    });
    crowdsec.decide({ ip: VISITOR, type: 'slow', scenario: SCENARIO });
    for (let i = 0; i < 5; i++) {
      expect(crowdsec.bouncer.inspect(facts('/'))).toMatchObject({ action: 'pass', origin: 'failed', ip: VISITOR });
    }
    expect(crowdsec.health().extensions[0]).toMatchObject({ state: 'off' });
    expect(crowdsec.bouncer.inspect(facts('/'))).toMatchObject({
      action: 'pass',
      remediation: 'slow',
      origin: 'crowdsec',
    });
  });

  it('in a remedy leaves the refusal to the built-in one while it is off', async () => {
    const remedies = {
      ban: (): never => {
        throw new Error('boom');
      },
    };
    const crowdsec = await running([extension({ remedies })], { onError: 'block' });
    const banned = facts('/', '198.51.100.7');
    for (let i = 0; i < 5; i++)
      expect(crowdsec.bouncer.inspect(banned)).toMatchObject({ action: 'block', origin: 'failed' });
    expect(crowdsec.health().extensions[0]).toMatchObject({ state: 'off', reason: 'remedy ban: boom' });
    expect(crowdsec.bouncer.inspect(banned)).toMatchObject({
      action: 'block',
      origin: 'CAPI',
      response: { status: 403 },
    });
  });
});
