import { MAX_SIGNALS_PER_CALL } from '@crowdsec-sdk/sandbox';
import type { Health } from '@crowdsec-sdk/core';
import type { DemoControl } from '../demo-control.js';
import type { Network } from '../network.js';
import type { ReceivedCall } from '../received-call.js';

/** What the page shows beside the panel. Moments are in ms since the epoch; `null` where there is none. */
export interface DemoState {
  readonly status: Health['status'];
  readonly userAgent: string;
  readonly network: Pick<Network, 'kind' | 'name' | 'banned'>;
  readonly buffer: {
    readonly size: number;
    /** What one call may carry. */
    readonly capacity: number;
    readonly nextFlushAt: number | null;
    /** Why then. */
    readonly nextFlushReason: string;
    readonly sent: number;
    readonly refused: Health['signals']['refused'];
  };
  /** What the local decisions in force are about, so that an attacker who is played is somebody new. */
  readonly bans: readonly string[];
  /** What the network received, oldest first. */
  readonly calls: readonly ReceivedCall[];
}

/** @param latestCalls how many calls at most; all of them if not given */
export function stateOf({ crowdsec, network }: DemoControl, latestCalls?: number): DemoState {
  const { status, signals } = crowdsec.health();
  const { buffered: size, nextFlushAt = null, nextFlushReason, sent, refused } = signals;
  return {
    status,
    userAgent: crowdsec.userAgent,
    network: { kind: network.kind, name: network.name, banned: network.banned },
    buffer: { size, capacity: MAX_SIGNALS_PER_CALL, nextFlushAt, nextFlushReason, sent, refused },
    bans: crowdsec.localDecisions().map(({ value }) => value),
    calls: network.calls(latestCalls),
  };
}
