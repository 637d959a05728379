import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DecisionIndex } from '../../src/decisions/decision-index.js';
import { CrowdsecError } from '../../src/errors.js';
import { silentLogger } from '../../src/logger.js';
import { RemediationEngine, type RemediationEngineOptions } from '../../src/remediation/remediation-engine.js';
import { capiSource } from '../../src/sources/capi-source.js';
import type { SourceState } from '../../src/sources/decision-source.js';
import { manualTime } from '../../src/testing/manual-time.js';
import { allowlists } from './allowlists.js';
import { blocklists } from './blocklists.js';
import { type ListServer, startListServer } from './list-server.js';
import { policy } from './policy.js';
import { scopes } from './scopes.js';
import type { Case, Lists, Step } from './steps.js';
import { stream } from './stream.js';

let server: ListServer;
beforeAll(async () => {
  server = await startListServer();
});
afterAll(() => server[Symbol.asyncDispose]());

describe.each(Object.entries({ stream, scopes, blocklists, allowlists, policy }))('%s', (_, cases) => {
  it.each(cases.map((situation) => [situation.id, situation.about, situation] as const))(
    '%s: %s',
    async (_id, _about, situation) => {
      await play(situation);
    },
  );
});

/** Plays a situation on the real source, index and engine; the lists come over HTTP. */
async function play({ config = {}, steps }: Case): Promise<void> {
  const time = manualTime(Date.UTC(2026, 10, 22, 12, 15, 27));
  const { refreshSeconds = 4 * 3600, geo, ...options } = config;
  const build = (): RemediationEngine =>
    new RemediationEngine({ ...options, clock: time.clock, ...(geo && { geo: GEO[geo] }) } as RemediationEngineOptions);
  let held: { engine: RemediationEngine; state: SourceState } | undefined;

  for (const step of steps) {
    if (step.step === 'construct') {
      if (step.expected === 'error') expect(build).toThrow(CrowdsecError);
      else expect([...build().remediations, 'bypass'].join(',')).toBe(step.expected);
      continue;
    }
    held ??= { engine: build(), state: {} };
    const { engine } = held;
    switch (step.step) {
      case 'pull':
        held.state = await pull(step, engine, held.state, time.clock, refreshSeconds);
        break;
      case 'get':
        expect(said(engine, step.ip), `${step.ip} at ${new Date(time.clock.now()).toISOString()}`).toBe(step.expected);
        break;
      case 'left':
        expect(secondsLeft(engine, step.ip, time.clock.now())).toBe(step.expected);
        break;
      case 'sleep':
        await time.advance(step.seconds * 1000);
        break;
      case 'clear':
        held = undefined;
    }
  }
}

async function pull(
  step: Extract<Step, { step: 'pull' }>,
  engine: RemediationEngine,
  state: SourceState,
  clock: RemediationEngineOptions['clock'],
  refreshSeconds: number,
): Promise<SourceState> {
  const fill = (text: string): string =>
    text
      .replaceAll('{FAKE}', server.url)
      .replace(/\{NOW\+(\d+)\}/g, (_, s) => new Date(clock.now() + Number(s) * 1000).toISOString());
  server.lists = JSON.parse(fill(JSON.stringify(step.lists))) as Lists;
  server.requests.length = 0;
  const answer = JSON.parse(fill(JSON.stringify(step.answer))) as { readonly __status?: number };
  const source = capiSource({
    allowHttpLists: true,
    getStreamDecisions: () =>
      answer.__status === undefined
        ? Promise.resolve(answer)
        : Promise.reject(new CrowdsecError('CROWDSEC_API_STATUS', `answered ${answer.__status}`)),
  });
  const pulling = source.pull({
    startup: engine.index === DecisionIndex.empty,
    index: engine.index,
    state,
    nextRefreshInMs: refreshSeconds * 1000,
    clock,
    logger: silentLogger,
    fetch,
    signal: new AbortController().signal,
  });
  if (step.expected === 'error') {
    await expect(pulling).rejects.toBeInstanceOf(CrowdsecError);
    return state;
  }
  const result = await pulling;
  // Lists are asked for side by side, so their order says nothing.
  expect(server.requests.toSorted()).toEqual(step.expected.split(',').filter(Boolean).toSorted());
  engine.swap(await engine.index.apply(result.delta, { now: clock.now() }));
  // What is stored of a source goes through JSON.
  return JSON.parse(JSON.stringify(result.state)) as SourceState;
}

function said(engine: RemediationEngine, ip: string): string {
  const { remediation, origin } = engine.getIpRemediation(ip);
  return `${remediation} (${origin})`;
}

function secondsLeft(engine: RemediationEngine, ip: string, now: number): string {
  const found = engine
    .explain(ip)
    .map(({ type, expiresAt }) => `${type}=${expiresAt === undefined ? 'never' : (expiresAt - now) / 1000}`);
  return found.toReversed().join(' ');
}

const COUNTRIES: Readonly<Record<string, string>> = {
  '81.2.69.142': 'GB',
  '2.125.160.216': 'GB',
  '216.160.83.56': 'US',
};
const GEO: Readonly<Record<string, unknown>> = {
  works: (ip: string) => ({ country: COUNTRIES[ip] }),
  fails: () => {
    throw new Error('no such file');
  },
};
