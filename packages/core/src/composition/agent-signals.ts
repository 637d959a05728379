import { CAPI_PACE } from '../capi/capi-pace.js';
import { CrowdsecError } from '../errors.js';
import type { IpPrefix } from '../ip/prefix.js';
import { SignalBuffer } from '../signals/buffer.js';
import { Pacer } from '../signals/pacer.js';
import type { RefusalReason } from '../signals/report.js';
import type { ReportChannel } from '../networks/report-channel.js';
import type { Store } from '../store/store.js';
import type { AgentContext } from './agent-context.js';

/** The way of an agent's signals: the buffer that takes them, and the pacer that owns the calls. */
export interface AgentSignals {
  readonly buffer: SignalBuffer;
  readonly pacer: Pacer;
  /** Where they go. */
  readonly channel: ReportChannel;
}

/** What an agent's signals need from the rest of it. */
export interface AgentSignalsParts {
  readonly store: Store;
  /** Where signals go; `undefined` when no network takes any: then each is refused as `no-network`. */
  readonly channel: ReportChannel | undefined;
  /** Scenarios that may be reported: those that CAPI was told of. */
  readonly declared: ReadonlySet<string>;
  /** Why an address may not be reported; `undefined` when it may. */
  readonly reasonNotReportable: (prefix: IpPrefix) => Exclude<RefusalReason, 'buffer-full' | 'stopped'> | undefined;
}

export function createAgentSignals(
  { options, clock, scheduler, logger, events, promises, calls }: AgentContext,
  { store, channel = NO_CHANNEL, declared, reasonNotReportable }: AgentSignalsParts,
): AgentSignals {
  const pacer = new Pacer({ store, clock, scheduler, callTimeoutMs: channel.callTimeoutMs, pace: channel.pace });
  const buffer = new SignalBuffer({
    store,
    pacer,
    clock,
    scheduler,
    logger,
    declared,
    isReportable: channel === NO_CHANNEL ? () => 'no-network' : reasonNotReportable,
    channel,
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
  return { buffer, pacer, channel };
}

/** For an agent without anybody to tell: nothing is taken, and what an earlier configuration left in the journal stays there. */
const NO_CHANNEL: ReportChannel = {
  name: 'nobody',
  pace: CAPI_PACE,
  callTimeoutMs: 1_000,
  prepare: () =>
    Promise.reject(
      new CrowdsecError(
        'CROWDSEC_OPTION_INVALID',
        'Reports have nowhere to go: give `lapi.machine` to report to the local API, or `env` to report to CAPI.',
        { path: 'options.lapi.machine' },
      ),
    ),
  push: () => Promise.resolve(),
};
