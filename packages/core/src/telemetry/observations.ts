import type { CaptchaCounts } from '../captcha/captcha-counter.js';
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
  yield* ofRequests(facts);
  yield* ofDecisions(facts);
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

function* ofRequests({ health }: MetricFacts): Iterable<Observation> {
  const { total, blocked, wouldBlock, served, skipped, failed, found } = health.requests;
  const verdicts = {
    pass: total - blocked - wouldBlock - served - skipped,
    block: blocked,
    would_block: wouldBlock,
    serve: served,
    skip: skipped,
  };
  for (const [verdict, value] of Object.entries(verdicts)) {
    yield { name: 'crowdsec.bouncer.requests', value, attributes: { 'crowdsec.verdict': verdict } };
  }
  for (const [origin, remediations] of Object.entries({ clean: { bypass: 0 }, ...found })) {
    for (const [remediation, value] of Object.entries(remediations)) {
      const attributes = { 'crowdsec.origin': origin, 'crowdsec.remediation': remediation };
      yield { name: 'crowdsec.bouncer.findings', value, attributes };
    }
  }
  yield plain('crowdsec.bouncer.failures', failed);
}

function* ofDecisions({ health, held, localTypes, now }: MetricFacts): Iterable<Observation> {
  const local = new Map<string, number>([['ban', 0]]);
  for (const type of localTypes) local.set(type, (local.get(type) ?? 0) + 1);
  const ours = [...local].map(([type, count]) => ({ origin: 'crowdsec', type, count }));
  for (const { origin, type, count } of [...ours, ...held]) {
    const attributes = { 'crowdsec.origin': origin, 'crowdsec.decision.type': type };
    yield { name: 'crowdsec.decision.count', value: count, attributes };
  }
  const { pulledAt, localEvicted } = health.decisions;
  if (pulledAt !== undefined) yield plain('crowdsec.decision.age', Math.max(0, now - pulledAt) / 1000);
  yield plain('crowdsec.decision.evictions', localEvicted);
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
