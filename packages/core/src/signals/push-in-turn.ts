import type { Signal } from '../capi/wire.js';
import type { ReportChannel } from '../networks/report-channel.js';
import { isContentRefusal } from './build-signal.js';
import type { Turn } from './pacer.js';

/** Why a call with signals was not taken. */
export interface PushFailure {
  readonly error: unknown;
  /** There was no login for it: it did not leave. */
  readonly lacksLogin: boolean;
  /** The network refuses what is in it. A login that is refused says nothing about what waits for it. */
  readonly refusesContent: boolean;
}

/** Makes the call of a turn, which leaves at its moment; resolves `undefined` once the network has taken it. Never rejects. */
export async function pushInTurn(
  channel: ReportChannel,
  turn: Turn,
  signals: readonly Signal[],
): Promise<PushFailure | undefined> {
  let lacksLogin = true;
  try {
    await channel.prepare();
    lacksLogin = false;
    await channel.push(signals, () => turn.confirmCall());
    return undefined;
  } catch (error) {
    return { error, lacksLogin, refusesContent: !lacksLogin && isContentRefusal(error) };
  }
}
