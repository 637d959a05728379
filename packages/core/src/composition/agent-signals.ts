import type { IpPrefix } from '../ip/prefix.js';
import { SignalBuffer } from '../signals/buffer.js';
import { Pacer } from '../signals/pacer.js';
import type { RefusalReason } from '../signals/report.js';
import type { Store } from '../store/store.js';
import type { AgentContext } from './agent-context.js';
import type { CapiNetwork } from './capi-network.js';

/** The way of an agent's signals: the buffer that takes them, and the pacer that owns the calls. */
export interface AgentSignals {
  readonly buffer: SignalBuffer;
  readonly pacer: Pacer;
}

/** What an agent's signals need from the rest of it. */
export interface AgentSignalsParts {
  readonly store: Store;
  readonly network: CapiNetwork;
  /** Scenarios that may be reported: those that CAPI was told of. */
  readonly declared: ReadonlySet<string>;
  /** Why an address may not be reported; `undefined` when it may. */
  readonly reasonNotReportable: (prefix: IpPrefix) => Exclude<RefusalReason, 'buffer-full' | 'stopped'> | undefined;
}

export function createAgentSignals(
  { options, clock, scheduler, logger, events, promises, calls }: AgentContext,
  { store, network, declared, reasonNotReportable }: AgentSignalsParts,
): AgentSignals {
  const pacer = new Pacer({ store, clock, scheduler, callTimeoutMs: network.signalsTimeoutMs });
  const buffer = new SignalBuffer({
    store,
    pacer,
    clock,
    scheduler,
    logger,
    declared,
    isReportable: reasonNotReportable,
    prepare: () => network.prepareSignals(),
    push: (signals) => network.pushSignals(signals),
    bufferSize: options.bufferSize,
    bufferBytes: options.bufferBytes,
    mergeWindowMs: options.mergeWindowMs,
    journalDelayMs: options.journalDelayMs,
    promises,
    signal: calls.signal,
    listener: {
      buffered: (signal) => events.emit('signalBuffered', signal),
      refused: (signal) => events.emit('signalRefused', signal),
      evicted: (signal) => events.emit('signalEvicted', signal),
      sent: (details) => events.emit('signalsSent', details),
      failed: (details) => events.emit('signalsFailed', details),
      poisoned: (details) => events.emit('signalPoisoned', details),
    },
  });
  return { buffer, pacer };
}
