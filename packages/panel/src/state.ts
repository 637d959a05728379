import type { AppsecHealth, CaptchaCounts, Crowdsec, Detection, Health, LocalDecision } from '@crowdsec-sdk/core';
import { cureOf } from './cures.js';
import { lapiState, type LapiState } from './lapi-state.js';
import { masked } from './masked.js';
import type { Sample } from './samples.js';

/** A detection, with its moment in ms since the epoch. */
export interface LoggedDetection extends Detection {
  readonly at: number;
}

/** Everything the page shows. Moments are in ms since the epoch; `null` where there is none. */
export interface PanelState {
  readonly now: number;
  readonly status: Health['status'];
  readonly problems: readonly { readonly code: string; readonly message: string; readonly cure: string }[];
  readonly userAgent: string;
  readonly identity: {
    readonly state: Health['identity']['identity'];
    /** Its begin and end alone. */
    readonly machineId: string | null;
    readonly tokenExpiresAt: number | null;
    readonly loginsLastHour: number;
    readonly stoppedUntil: number | null;
  };
  readonly decisions: Pick<Health['decisions'], 'count' | 'local' | 'localLimit' | 'origins' | 'stale' | 'lists'> & {
    readonly pulledAt: number | null;
    readonly nextPullAt: number | null;
    readonly waitingLists: Health['decisions']['waitingLists'];
  };
  readonly signals: Health['signals'];
  readonly requests: Health['requests'];
  /** `null` where the built-in captcha is off. */
  readonly captcha: CaptchaCounts | null;
  /** `null` where AppSec is off. */
  readonly appsec: AppsecHealth | null;
  /** `null` for an agent that speaks to no local API. */
  readonly lapi: LapiState | null;
  readonly store: Pick<Health['store'], 'description' | 'durable' | 'shared' | 'reachable' | 'writable'>;
  readonly extensions: Health['extensions'];
  /** The last ones, oldest first. */
  readonly detections: readonly LoggedDetection[];
  /** The last local decisions in force, and how many there are. */
  readonly bans: readonly LocalDecision[];
  readonly banCount: number;
  readonly sample: Sample;
}

const BANS_SHOWN = 200;

/** The problems that health names, with what to do about each. */
export function withCures(problems: Health['problems']): PanelState['problems'] {
  return problems.map(({ code, message }) => ({ code, message, cure: cureOf(code) }));
}

/** What the page shows of an agent now, by its health of this moment. */
export function stateOf(
  crowdsec: Crowdsec,
  {
    health,
    sample,
    detections,
  }: { readonly health: Health; readonly sample: Sample; readonly detections: readonly LoggedDetection[] },
): PanelState {
  const { status, problems, userAgent, identity, decisions, signals, requests, store, extensions } = health;
  const { machineId, tokenExpiresAt = null, loginsLastHour, stop } = identity;
  const {
    count,
    local,
    localLimit,
    origins,
    stale,
    lists,
    waitingLists,
    pulledAt = null,
    nextPullAt = null,
  } = decisions;
  const { description, durable, shared, reachable, writable } = store;
  const bans = crowdsec.localDecisions();
  return {
    now: sample.at,
    status,
    problems: withCures(problems),
    userAgent,
    identity: {
      state: identity.identity,
      machineId: machineId === undefined ? null : masked(machineId),
      tokenExpiresAt,
      loginsLastHour,
      stoppedUntil: stop?.until ?? null,
    },
    decisions: { count, local, localLimit, origins, stale, lists, waitingLists, pulledAt, nextPullAt },
    signals,
    requests,
    captcha: health.captcha ?? null,
    appsec: health.appsec ?? null,
    lapi: lapiState(health),
    store: { description, durable, shared, reachable, writable },
    extensions,
    detections,
    bans: bans.slice(-BANS_SHOWN),
    banCount: bans.length,
    sample,
  };
}
