import type { Remedy } from '../bouncer/remedy.js';
import type { LocalDecisionRequest, LocalDecisionResult } from '../decide.js';
import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';
import type { Receipt, Report, Whisper } from '../signals/report.js';
import type { DecisionSource } from '../sources/decision-source.js';
import type { JsonValue } from '../store/store.js';
import type { BucketOptions } from './bucket-options.js';
import type { Detector } from './detector.js';
import type { SharedBuckets } from './shared-buckets.js';

/** The version of this contract. An extension of another one is refused when the agent is made. */
export const EXTENSION_API_VERSION = 1;

/**
 * Something that adds to the agent. What it contributes is known before any of its code runs; it is activated by `start()`, disposed by
 * `stop()`, and cannot take the agent down: failing often, it is switched off for a while.
 *
 * ```ts
 * const trap: Extension = {
 *   name: 'acme.trap',
 *   apiVersion: 1,
 *   scenarios: ['acme/trap'],
 *   detectors: [{
 *     name: 'path',
 *     on: ['request'],
 *     detect: (event) => event.kind === 'request' && event.path === '/trap' ? { scenario: 'acme/trap', signal: 'whisper' } : undefined,
 *   }],
 * };
 * ```
 */
export interface Extension {
  /** Unique among the extensions of an agent: `[a-z0-9]` and, inside, `.`, `-` and `_`; at most 100 characters. */
  readonly name: string;
  readonly apiVersion: typeof EXTENSION_API_VERSION;
  /** What it reports, told to CAPI at login: `^[a-z0-9_-]+/[a-z0-9_-]+$`. */
  readonly scenarios?: readonly string[];
  /** The kind of behaviour in CrowdSec's taxonomy, for people and for the console: `http:bruteforce`. */
  readonly behavior?: string;
  readonly detectors?: readonly Detector[];
  /** Where decisions come from beside CAPI. */
  readonly sources?: readonly DecisionSource[];
  /** What remediations do to a request, by name; `remediations` must list them. */
  readonly remedies?: Readonly<Record<string, Remedy>>;
  /** Gets what it needs; at most 5 s. Detectors and remedies are asked only after it. */
  readonly activate?: (context: ExtensionContext) => void | Promise<void>;
  /** Gives back what it holds; awaited in reverse order, at most 2 s each. */
  readonly dispose?: () => void | Promise<void>;
}

/** What an extension works with. */
export interface ExtensionContext {
  /** Marks each line with the name of the extension. */
  readonly logger: Logger;
  /** Values of its own in the store of the installation. */
  readonly store: ExtensionStore;
  readonly clock: Clock;
  /** Its timers end with it. */
  readonly scheduler: Scheduler;
  /** Aborted when the extension is disposed or switched off. */
  readonly signal: AbortSignal;
  /**
   * Leaky buckets that count in the shared store: of all processes together on Redis, else of this one. Asked for twice with
   * the same numbers, they are the same buckets.
   */
  sharedBuckets(options: BucketOptions): SharedBuckets;
  /** As {@link Crowdsec.report}, of scenarios of its own alone. */
  report(report: Report): Receipt;
  /** As {@link Crowdsec.whisper}, of scenarios of its own alone. */
  whisper(whisper: Whisper): Receipt;
  /** As {@link Crowdsec.decide}, of scenarios of its own alone; `undefined` for an address that is never acted on, and beyond the cap. */
  decide(decision: LocalDecisionRequest): LocalDecisionResult | undefined;
}

/** A few values that outlive the process, where the store does. */
export interface ExtensionStore {
  /** @param key `[a-z0-9-]`, at most 64 characters */
  get(key: string): Promise<JsonValue | undefined>;
  put(key: string, value: JsonValue): Promise<void>;
  delete(key: string): Promise<void>;
}
