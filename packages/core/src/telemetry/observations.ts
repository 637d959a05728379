import type { RequestOutcome } from '../bouncer/request-outcomes.js';
import type { CaptchaCounts } from '../captcha/captcha-counter.js';
import type { TypeCount } from '../decisions/count-by-type.js';
import type { ExtensionHealth } from '../extensions/extension-health.js';
import type { MetricAttributes } from './attributes.js';
import type { ObservableName } from './instruments.js';
import type { MetricFacts } from './metric-facts.js';

/** One measurement of an observable metric. */
export interface Observation {
  readonly name: ObservableName;
  readonly value: number;
  readonly attributes: MetricAttributes;
}

const REFUSALS = [
  'invalid-ip',
  'non-public-ip',
  'own-ip',
  'allowlisted-ip',
  'buffer-full',
  'stopped',
  'capped',
  'no-network',
] as const;

const EXTENSION_STATES = ['idle', 'activating', 'active', 'off', 'disposed'] as const;

/** All observable metrics, as they are now. Counts that are known to exist are told from zero on, so that rates begin with the first. */
export function* observations(facts: MetricFacts): Iterable<Observation> {
  const { health } = facts;
  const decisions = [...localCounts(facts), ...facts.held];
  yield* ofRequests(facts, decisions);
  yield* ofDecisions(facts, decisions);
  yield* ofSignals(facts);
  yield* ofCaptcha(facts);
  yield* ofAppsec(facts);
  const logins = facts.loginsPerHour;
  if (logins !== undefined)
    yield plain('crowdsec.capi.login.remaining', Math.max(0, logins - health.identity.loginsLastHour));
  yield plain('crowdsec.store.up', health.store.reachable ? 1 : 0);
  yield plain('crowdsec.store.writable', health.store.writable ? 1 : 0);
  yield plain('crowdsec.agent.problems', health.problems.length);
  yield plain('crowdsec.extension.events.dropped', health.droppedEvents);
  for (const extension of health.extensions) yield* ofExtension(extension);
  for (const { extension, scenario, outcome, count } of facts.detections) {
    yield {
      name: 'crowdsec.extension.detections',
      value: count,
      attributes: {
        'crowdsec.extension': extension,
        'crowdsec.scenario': scenario,
        'crowdsec.detection.outcome': outcome,
      },
    };
  }
}

function* ofRequests(facts: MetricFacts, decisions: readonly TypeCount[]): Iterable<Observation> {
  for (const { kind, origin, remediation, count } of requestCounts(facts, decisions)) {
    const attributes = { 'crowdsec.verdict': kind, 'crowdsec.origin': origin, 'crowdsec.remediation': remediation };
    yield { name: 'crowdsec.bouncer.requests', value: count, attributes };
  }
  yield plain('crowdsec.bouncer.failures', facts.health.requests.failed);
}

/** What requests came to; what the decisions that are held will come to is told from zero on. */
function requestCounts(facts: MetricFacts, decisions: readonly TypeCount[]): readonly RequestOutcome[] {
  const ofDecision = ({ origin, type }: TypeCount): RequestOutcome => ({
    kind: 'block',
    origin,
    remediation: type,
    count: 0,
  });
  const clean: RequestOutcome = { kind: 'pass', origin: 'clean', remediation: 'bypass', count: 0 };
  const expected = [clean, ...decisions.map(ofDecision)];
  const key = ({ kind, origin, remediation }: RequestOutcome): string => JSON.stringify([kind, origin, remediation]);
  return [...new Map([...expected, ...facts.outcomes].map((outcome) => [key(outcome), outcome])).values()];
}

/** Local decisions in force, by type. */
function localCounts({ localTypes }: MetricFacts): readonly TypeCount[] {
  const local = new Map<string, number>([['ban', 0]]);
  for (const type of localTypes) local.set(type, (local.get(type) ?? 0) + 1);
  return [...local].map(([type, count]) => ({ origin: 'crowdsec', type, count }));
}

function* ofDecisions(facts: MetricFacts, decisions: readonly TypeCount[]): Iterable<Observation> {
  for (const { origin, type, count } of decisions) {
    const attributes = { 'crowdsec.origin': origin, 'crowdsec.decision.type': type };
    yield { name: 'crowdsec.decision.count', value: count, attributes };
  }
  for (const [source, pulledAt] of Object.entries(facts.pulledAt)) {
    if (pulledAt === undefined) continue;
    const value = Math.max(0, facts.now - pulledAt) / 1000;
    yield { name: 'crowdsec.decision.age', value, attributes: { 'crowdsec.source': source } };
  }
  yield plain('crowdsec.decision.evictions', facts.health.decisions.localEvicted);
}

function* ofSignals({ health: { signals } }: MetricFacts): Iterable<Observation> {
  yield plain('crowdsec.signal.count', signals.buffered);
  yield plain('crowdsec.signal.sent', signals.sent);
  yield plain('crowdsec.signal.merged', signals.merged);
  yield plain('crowdsec.signal.evicted', signals.evicted);
  yield plain('crowdsec.signal.poisoned', signals.poisoned);
  yield plain('crowdsec.signal.discarded', signals.discarded);
  for (const reason of REFUSALS) {
    const attributes = { 'crowdsec.signal.refusal': reason };
    yield { name: 'crowdsec.signal.refused', value: signals.refused[reason] ?? 0, attributes };
  }
}

/** Where the built-in captcha is off. */
const NO_CAPTCHA: Partial<CaptchaCounts> = { shown: 0, solved: 0 };

function* ofCaptcha({ health: { captcha } }: MetricFacts): Iterable<Observation> {
  const { challenges: challenge = 0, providerFailures: provider_failure = 0, ...others } = captcha ?? NO_CAPTCHA;
  for (const [event, value] of Object.entries({ challenge, provider_failure, ...others })) {
    yield { name: 'crowdsec.captcha.events', value, attributes: { 'crowdsec.captcha.event': event } };
  }
}

function* ofAppsec({ health: { appsec } }: MetricFacts): Iterable<Observation> {
  const failures = Object.entries(appsec?.failures ?? {}).map(([cause, count]) => [`failed.${cause}`, count] as const);
  for (const [outcome, value] of [...Object.entries({ allow: 0, ...appsec?.actions }), ...failures]) {
    yield { name: 'crowdsec.appsec.outcomes', value, attributes: { 'crowdsec.appsec.outcome': outcome } };
  }
}

function* ofExtension({ name, state, failures }: ExtensionHealth): Iterable<Observation> {
  for (const each of EXTENSION_STATES) {
    const attributes = { 'crowdsec.extension': name, 'crowdsec.extension.state': each };
    yield { name: 'crowdsec.extension.status', value: each === state ? 1 : 0, attributes };
  }
  yield { name: 'crowdsec.extension.failures', value: failures, attributes: { 'crowdsec.extension': name } };
}

function plain(name: ObservableName, value: number): Observation {
  return { name, value, attributes: {} };
}
