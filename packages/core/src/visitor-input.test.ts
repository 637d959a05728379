import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Crowdsec } from './agent.js';
import { createCrowdsec } from './crowdsec.js';
import { silentLogger } from './logger.js';
import type { Report } from './signals/report.js';
import { manualTime, type ManualTime } from './testing/manual-time.js';
import { propertyRuns } from '../test/property-runs.js';
import { removeFolder } from '../test/remove-folder.js';

const scenario = 'acme/login-bruteforce';
const ip = '203.0.113.7';

let sandbox: Sandbox;
let time: ManualTime;
let stateDir: string;
let crowdsec: Crowdsec;

beforeEach(async () => {
  time = manualTime(Date.UTC(2026, 10, 22, 12));
  sandbox = await startSandbox({ clock: time.clock });
  stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  crowdsec = createCrowdsec({
    apiUrl: sandbox.url,
    stateDir,
    scenarios: [scenario],
    clock: time.clock,
    scheduler: time.scheduler,
    logger: silentLogger,
    journalDelayMs: 0,
  });
});

afterEach(async () => {
  await crowdsec.stop({ deadlineMs: 0 });
  await sandbox.stop();
  await removeFolder(stateDir);
});

/** The one signal that CAPI gets of a report. */
async function sent(report: Report): Promise<(typeof sandbox.signals)[number]['signal']> {
  await crowdsec.start();
  await time.advance(0);
  expect(crowdsec.report(report).status).toBe('buffered');
  await crowdsec.flushSignals();
  expect(sandbox.signals).toHaveLength(1);
  return sandbox.signals[0]!.signal;
}

describe('what a visitor can bring about', () => {
  it('never makes report, whisper, observe, decide or lift throw', () => {
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, maxDepth: 2 }),
      fc.string({ unit: 'binary', maxLength: 6_000 }),
      fc.constantFrom(undefined, null, Number.NaN, Infinity, Symbol('s'), () => 1, new Date(Number.NaN), [], ''),
    );
    const context = fc.oneof(
      anything,
      fc.dictionary(fc.string({ unit: 'binary', maxLength: 400 }), anything, { maxKeys: 40 }),
    );
    fc.assert(
      fc.property(anything, anything, context, (address, message, facts) => {
        const told = { scenario, message, context: facts } as Report;
        for (const target of [
          { ip: address },
          { range: address },
          { ip: address, range: undefined },
          { ip },
        ] as Report[]) {
          crowdsec.report({ ...told, ...target });
          crowdsec.whisper({ ...told, ...target });
          crowdsec.decide({ ...target, scenario });
          crowdsec.lift(target);
        }
        crowdsec.observe('app:login-failed', { ...(facts as object), ip: address as string });
        crowdsec.getIpRemediation(address as string);
        crowdsec.explain(address as string);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it.each([
    [undefined],
    [null],
    [''],
    ['unknown'],
    ['203.0.113.0/24'],
    [7],
    [['203.0.113.7']],
    [{ a: 'b' }],
    [`${ip}${' '.repeat(200)}`],
  ])('an address that is none is refused and counted: %j', async (given) => {
    const refusals: unknown[] = [];
    crowdsec.on('signalRefused', (refusal) => refusals.push(refusal));
    const address = given as string;
    expect(crowdsec.report({ ip: address, scenario })).toMatchObject({ status: 'refused', reason: 'invalid-ip' });
    expect(crowdsec.whisper({ ip: address, scenario })).toMatchObject({ status: 'refused', reason: 'invalid-ip' });
    const decided = crowdsec.decide({ ip: address, scenario });
    expect(decided).toMatchObject({ refused: 'invalid-ip' });
    await decided.stored;
    expect(crowdsec.lift({ ip: address })).toBe(false);
    crowdsec.observe('app:login-failed', { ip: address });
    expect(crowdsec.localDecisions()).toEqual([]);
    expect(crowdsec.health()).toMatchObject({
      signals: { refused: { 'invalid-ip': 2 } },
      decisions: { refused: { 'invalid-ip': 1 } },
      refusedEvents: { 'invalid-ip': 1 },
    });
    expect(refusals).toMatchObject([{ reason: 'invalid-ip' }, { reason: 'invalid-ip' }]);
    expect(Math.max(...refusals.map((refusal) => JSON.stringify(refusal).length))).toBeLessThan(300);
  });

  it('long texts are cut between characters, and what is no text is written as one or left out', async () => {
    const context: Record<string, unknown> = {
      target_uri: `/${'x'.repeat(9_999)}`,
      name: { a: ['b'] },
      [`header-${'y'.repeat(999)}`]: 1n,
      '': 'nameless',
      missing: undefined,
      nothing: null,
      ratio: Number.NaN,
      half: 'lone \ud800 surrogate',
      nul: 'a\u0000b\tc',
    };
    Object.defineProperty(context, '__proto__', { value: 'own', enumerable: true });
    for (let i = 0; i < 30; i++) context[`fact-${i}`] = i;
    const signal = await sent({
      ip,
      scenario,
      message: `${'m'.repeat(999)}\u{1f600} and more`,
      context: context as Report['context'],
    });
    expect(signal.message).toBe('m'.repeat(999));
    expect(signal.context).toHaveLength(20);
    expect(signal.context?.slice(0, 8)).toEqual([
      { key: 'target_uri', value: `/${'x'.repeat(3_999)}` },
      { key: 'name', value: '{"a":["b"]}' },
      { key: `header-${'y'.repeat(248)}`, value: '1' },
      { key: 'ratio', value: 'NaN' },
      { key: 'half', value: 'lone \ufffd surrogate' },
      { key: 'nul', value: 'a\ufffdb\tc' },
      { key: '__proto__', value: 'own' },
      { key: 'fact-0', value: '0' },
    ]);
  });

  it('moments that are none, or that no wire format can write, become ones that can', async () => {
    const signal = await sent({ ip, scenario, startAt: new Date(Number.NaN), stopAt: new Date(8.64e15) });
    expect(signal).toMatchObject({ start_at: '9999-12-31T23:59:59.999Z', stop_at: '9999-12-31T23:59:59.999Z' });
  });
});

describe('what only the developer can get wrong', () => {
  it.each<[unknown, string]>([
    [undefined, 'report'],
    ['203.0.113.7', 'report'],
    [{ scenario }, 'report'],
    [{ ip, range: '203.0.113.0/24', scenario }, 'report'],
    [{ ip }, 'report.scenario'],
    [{ ip, scenario: 'acme/undeclared' }, 'report.scenario'],
    [{ ip, scenario, eventCount: 0 }, 'report.eventCount'],
    [{ ip, scenario, startAt: 'yesterday' }, 'report.startAt'],
    [{ ip, scenario, decision: { type: 'ban', duration: '4 hours' } }, 'report.decision.duration'],
    [{ ip, scenario, colour: 'red' }, 'report.colour'],
  ])('throws: report(%j)', (report, path) => {
    expect(() => crowdsec.report(report as Report)).toThrow(expect.objectContaining({ path }) as Error);
  });

  it.each<[unknown, string]>([
    [undefined, 'decision'],
    [{ scenario }, 'decision'],
    [{ ip, range: '203.0.113.0/24', scenario }, 'decision'],
    [{ ip, scenario, duration: '-1h' }, 'decision.duration'],
    [{ ip, scenario: 'acme/undeclared', report: true }, 'report.scenario'],
  ])('throws: decide(%j)', (decision, path) => {
    expect(() => crowdsec.decide(decision as Report)).toThrow(expect.objectContaining({ path }) as Error);
  });

  it.each<[string, unknown, string]>([
    ['login', { ip }, 'observe.kind'],
    ['app:x', undefined, 'observe.given'],
    ['app:x', { user: 'alice' }, 'observe.ip'],
  ])('throws: observe(%j, %j)', (kind, facts, path) => {
    expect(() => crowdsec.observe(kind as 'app:x', facts as { ip: string })).toThrow(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }) as Error,
    );
  });
});
