import type { Suppression } from './outcome-executor.js';

/**
 * `idle`: not started yet; `activating`; `active`; `off`: switched off after failures, for a while; `disposed`.
 */
export type ExtensionState = 'idle' | 'activating' | 'active' | 'off' | 'disposed';

/** An extension as it stands. Counts are those of this process. */
export interface ExtensionHealth {
  readonly name: string;
  readonly state: ExtensionState;
  /** Why it is switched off: what failed last. */
  readonly reason?: string;
  /** When it comes back, in ms since the epoch. */
  readonly retryAt?: number;
  /** Failures so far. */
  readonly failures: number;
  readonly scenarios: readonly string[];
  /** See {@link Extension.behavior}. */
  readonly behavior?: string;
  readonly detectors: readonly DetectorHealth[];
  /** The names of its sources and remedies. */
  readonly sources: readonly string[];
  readonly remedies: readonly string[];
}

export interface DetectorHealth {
  readonly name: string;
  readonly dryRun: boolean;
  /** Events that it has looked at, those that its `filter` turned away among them. */
  readonly events: number;
  /** Events that it was not shown, because too many of its answers were pending. */
  readonly missed: number;
  /** Outcomes that were acted on. */
  readonly acted: number;
  /** Outcomes that nothing was done about, by reason. */
  readonly suppressed: Readonly<Partial<Record<Suppression, number>>>;
}
