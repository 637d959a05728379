import {
  EXTENSION_API_VERSION,
  groupByIp,
  LeakyBuckets,
  type BucketOptions,
  type DetectionEvent,
  type Detector,
  type EventKind,
  type Extension,
  type ExtensionContext,
  type Outcome,
  type Overflow,
  type SharedBuckets,
} from '@crowdsec-sdk/core/extension';
import { checkScenarioOptions, type CountingOptions } from './scenario-options.js';

/** A scenario that counts what each client does. */
export interface CountingScenario {
  /** What it is called, after the vendor: `login-bruteforce`. */
  readonly name: string;
  /** In CrowdSec's taxonomy: `http:bruteforce`. */
  readonly behavior: string;
  readonly options: CountingOptions;
  readonly rules: readonly CountingRule[];
}

/** A leaky bucket for each client, and what its overflow is. */
export interface CountingRule {
  /** The name of its detector. */
  readonly name: string;
  readonly on: readonly EventKind[];
  /** Of answers, those with one of these statuses alone. */
  readonly statuses?: readonly number[];
  /** Of requests, those that it answers `true` about alone. */
  readonly filter?: Detector['filter'];
  readonly bucket: BucketOptions;
  /** Where the bucket's options came in, for errors; `options` by default. */
  readonly path?: string;
  /** What an event is to it; `undefined` for one that is not its business. Refused requests never get here. */
  readonly counts: (event: DetectionEvent) => Counted | undefined;
  /** A `decision` bans locally too; a `whisper` only tells. */
  readonly signal: 'decision' | 'whisper';
  /** Runs before the request goes on, so that a decision refuses it. Not with shared counting. */
  readonly blocking?: boolean;
}

/** One event that counts. */
export interface Counted {
  /** Given, events with the same value count once. */
  readonly distinct?: string | undefined;
  /** Given, a client has a bucket for each of these. */
  readonly within?: string | undefined;
  /** Facts for the console, if this event makes the bucket overflow. */
  readonly context?: Outcome['context'];
}

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option */
export function countingScenario({ name, behavior, options, rules }: CountingScenario): Extension {
  checkScenarioOptions(options);
  const { vendor, duration = '4h', dryRun = false, capPerHour, shared = false } = options;
  const scenario = `${vendor}/${name}`;
  const counters = rules.map((rule) => new Counter(rule, scenario, duration));
  return {
    name: `${vendor}.${name}`,
    apiVersion: EXTENSION_API_VERSION,
    scenarios: [scenario],
    behavior,
    detectors: counters.map((counter) => ({
      name: counter.rule.name,
      on: counter.rule.on,
      ...(counter.rule.statuses !== undefined && { statuses: counter.rule.statuses }),
      ...(counter.rule.filter !== undefined && { filter: counter.rule.filter }),
      detect: (event) => counter.detect(event),
      dryRun,
      ...(counter.rule.blocking && { blocking: true }),
      ...(capPerHour !== undefined && { capPerHour }),
    })),
    ...(shared && {
      activate(context) {
        for (const counter of counters) counter.share(context);
      },
    }),
  };
}

class Counter {
  readonly rule: CountingRule;
  readonly #scenario: string;
  readonly #duration: string;
  #buckets: LeakyBuckets | SharedBuckets;

  constructor(rule: CountingRule, scenario: string, duration: string) {
    this.rule = rule;
    this.#scenario = scenario;
    this.#duration = duration;
    this.#buckets = new LeakyBuckets(rule.bucket, rule.path);
  }

  share(context: ExtensionContext): void {
    const shared = context.sharedBuckets(this.rule.bucket);
    // Where two rules have the same numbers, the store has the same buckets for both.
    this.#buckets = { pour: (event) => shared.pour({ ...event, group: `${this.rule.name} ${event.group}` }) };
  }

  detect(event: DetectionEvent): ReturnType<Detector['detect']> {
    if ('action' in event && event.action === 'block') return undefined;
    const counted = this.rule.counts(event);
    if (counted === undefined) return undefined;
    const { distinct, within, context } = counted;
    const client = groupByIp(event.ip);
    const group = within === undefined ? client : `${client} ${within}`;
    const overflow = this.#buckets.pour({ group, at: event.at, ...(distinct !== undefined && { distinct }) });
    return overflow instanceof Promise
      ? overflow.then((shared) => this.#outcome(shared, context))
      : this.#outcome(overflow, context);
  }

  #outcome(overflow: Overflow | undefined, context: Outcome['context']): Outcome | undefined {
    if (overflow === undefined) return undefined;
    return {
      scenario: this.#scenario,
      signal: this.rule.signal,
      ...(this.rule.signal === 'decision' && { decision: { type: 'ban', duration: this.#duration } }),
      ...overflow,
      ...(context !== undefined && { context }),
    };
  }
}
