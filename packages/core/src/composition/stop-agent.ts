import { atMost } from '../deadline.js';
import { CrowdsecError, messageOf } from '../errors.js';
import type { ExtensionHost } from '../extensions/host.js';
import type { SignalBuffer } from '../signals/buffer.js';
import type { Store } from '../store/store.js';
import type { AgentContext } from './agent-context.js';
import type { AgentAppsec } from './agent-appsec.js';
import type { AgentDecisions } from './agent-decisions.js';
import type { AgentHttp } from './agent-http.js';
import type { Network } from '../networks/network.js';
import type { StoreWatches } from './store-watches.js';

/** The share of the deadline that extensions and a pull may take: the rest is for what must be stored and sent. */
const FIRST_SHARE = 0.5;
/** The share of the deadline after which calls to CAPI are broken off: the rest is for putting their signals back. */
const CALLS_SHARE = 0.8;

/** What is stopped. */
export interface StoppedParts extends Pick<AgentDecisions, 'refresher' | 'localSync'> {
  readonly signals: SignalBuffer;
  readonly extensions: ExtensionHost;
  readonly networks: readonly Network[];
  readonly http: AgentHttp;
  readonly appsec: AgentAppsec | undefined;
  readonly store: Store;
  readonly storeWatches: Pick<StoreWatches, 'stop'>;
}

/**
 * Stops all parts of an agent within one deadline, and breaks off what is not done by then: calls to CAPI, and those to the store. First what
 * is only in memory is written; extensions have their last word; then decisions are stored and signals sent. Never rejects.
 *
 * @param deadlineMs how long all of it may take
 */
export async function stopAgent(
  { clock, scheduler, logger, calls, promises }: AgentContext,
  deadlineMs: number,
  { extensions, refresher, localSync, signals, store, storeWatches, networks, http, appsec }: StoppedParts,
): Promise<void> {
  const endAt = clock.monotonic() + deadlineMs;
  const leftMs = (): number => Math.max(0, endAt - clock.monotonic());
  const timer = { scheduler, name: 'crowdsec:stop' };
  const inTime = (ms: number, ...work: readonly Promise<unknown>[]): Promise<boolean> =>
    atMost(ms, Promise.allSettled(work), timer);
  const endCalls = (): void => calls.abort(stopped());
  const callsJob = scheduler.schedule('crowdsec:stop-calls', deadlineMs * CALLS_SHARE, endCalls);

  await inTime(deadlineMs * FIRST_SHARE, extensions.stop(), refresher.stop(), signals.write(), storeWatches.stop());
  await inTime(leftMs(), localSync.stop(), signals.stop(leftMs()), ...networks.map((network) => network.stop()));
  callsJob[Symbol.dispose]();
  endCalls();
  signals.logUnsent();
  const closed = store
    .close()
    .catch((error: unknown) => logger.warn(messageOf(error), { code: 'STORE_CLOSE_FAILED', error }));
  await inTime(
    leftMs(),
    closed,
    http.close(),
    appsec?.close() ?? Promise.resolve(),
    ...networks.map((network) => network.close()),
  );
  promises.release();
}

/** What a stopped agent says to whoever asks it for something. */
export function stopped(): CrowdsecError {
  return new CrowdsecError('CROWDSEC_STOPPED', 'The agent was stopped; create a new one.');
}
