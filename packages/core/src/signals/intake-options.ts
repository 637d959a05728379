import type { Clock } from '../clock.js';
import type { IpPrefix } from '../ip/prefix.js';
import type { AwaitedPromises } from '../keep-process-alive.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';
import type { Store } from '../store/store.js';
import type { RefusalReason, SignalKind } from './report.js';

export interface SignalIntakeOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** What may be reported: the scenarios that were declared to CAPI. */
  readonly declared: ReadonlySet<string>;
  /** Why an address may not be reported; `undefined` when it may. */
  readonly isReportable: (prefix: IpPrefix) => Exclude<RefusalReason, 'buffer-full' | 'stopped'> | undefined;
  /** How many signals may wait, of all processes. */
  readonly bufferSize: number;
  /** How much the signals of this process that wait may hold in memory, in bytes. */
  readonly bufferBytes: number;
  /** How long signals are gathered in memory before they are written to the journal, in ms. */
  readonly journalDelayMs: number;
  /** Reports of the same address, scenario and kind within this time are one signal, in ms; 0 merges nothing. */
  readonly mergeWindowMs: number;
  /** Told after a write, when more waits than before. */
  readonly onWritten: () => void;
  /** Keeps the process alive for those who wait for `stored`; one of its own by default. */
  readonly promises?: AwaitedPromises;
  readonly listener: SignalIntakeListener;
}

export interface SignalIntakeListener {
  buffered(signal: { uuid: string; ip: string; scenario: string; kind: SignalKind }): void;
  refused(signal: { ip: string; scenario: string; reason: RefusalReason }): void;
  evicted(signal: { uuid: string }): void;
}
