import { MAX_SIGNALS_PER_CALL } from '@crowdsec-sdk/sandbox';
import type { Health, LocalDecision } from '@crowdsec-sdk/core';
import type { DemoControl } from '../demo-control.js';
import type { LoggedDetection } from '../detection/detection-log.js';
import type { Network } from '../network.js';
import type { ReceivedCall } from '../received-call.js';

/** Everything the page shows. Moments are in ms since the epoch; `null` where there is none. */
export interface DemoState {
  readonly userAgent: string;
  readonly machineId: string | null;
  readonly network: Pick<Network, 'kind' | 'name' | 'banned'>;
  readonly decisions: {
    readonly count: number;
    readonly origins: Readonly<Record<string, number>>;
    readonly pulledAt: number | null;
    readonly nextPullAt: number | null;
  };
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
  readonly extensions: Health['extensions'];
  /** The last ones that detectors told, oldest first. */
  readonly detections: readonly LoggedDetection[];
  /** Local decisions that hold, oldest first: all that a page can show. */
  readonly bans: readonly LocalDecision[];
  /** What the sandbox received, oldest first. */
  readonly calls: readonly ReceivedCall[];
  readonly identity: {
    readonly state: Health['identity']['identity'];
    readonly tokenExpiresAt: number | null;
    readonly loginsLastHour: number;
    /** All calls rest until then. */
    readonly stoppedUntil: number | null;
  };
  readonly health: Pick<Health, 'status' | 'problems' | 'store'>;
}

const BANS_SHOWN = 200;

/** @param latestCalls how many calls at most; all of them if not given */
export function stateOf({ crowdsec, network, detections }: DemoControl, latestCalls?: number): DemoState {
  const { status, problems, identity, store, decisions, signals, extensions } = crowdsec.health();
  const { count, origins, pulledAt = null, nextPullAt = null } = decisions;
  const { buffered: size, nextFlushAt = null, nextFlushReason, sent, refused } = signals;
  const { tokenExpiresAt = null, loginsLastHour, stop } = identity;
  return {
    userAgent: crowdsec.userAgent,
    machineId: identity.machineId ?? null,
    network: { kind: network.kind, name: network.name, banned: network.banned },
    decisions: { count, origins, pulledAt, nextPullAt },
    buffer: { size, capacity: MAX_SIGNALS_PER_CALL, nextFlushAt, nextFlushReason, sent, refused },
    extensions,
    detections: detections.latest,
    bans: crowdsec.localDecisions().slice(-BANS_SHOWN),
    calls: network.calls(latestCalls),
    identity: { state: identity.identity, tokenExpiresAt, loginsLastHour, stoppedUntil: stop?.until ?? null },
    health: { status, problems, store },
  };
}
