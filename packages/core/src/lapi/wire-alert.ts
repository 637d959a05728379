import type { Signal } from '../capi/wire.js';

/**
 * An alert as `POST /v1/alerts` takes it. All of its first twelve fields are required: one that lacks any of them is refused together with
 * all that come in the same call.
 */
export interface WireAlert {
  readonly scenario: string;
  readonly scenario_hash: string;
  readonly scenario_version: string;
  readonly message: string;
  readonly events_count: number;
  /** RFC 3339. */
  readonly start_at: string;
  /** RFC 3339. What is decided about the alert holds from this moment on, not from its arrival. */
  readonly stop_at: string;
  readonly capacity: number;
  readonly leakspeed: string;
  readonly simulated: false;
  readonly events: readonly WireAlertEvent[];
  readonly source: {
    readonly scope: 'Ip' | 'Range';
    readonly value: string;
    readonly ip?: string;
    readonly range?: string;
  };
  /** Whether the operator's profiles are asked what to do. */
  readonly remediation: boolean;
  readonly decisions?: readonly WireAlertDecision[];
}

export interface WireAlertEvent {
  /** RFC 3339. */
  readonly timestamp: string;
  readonly meta: readonly { readonly key: string; readonly value: string }[];
}

export interface WireAlertDecision {
  readonly origin: 'crowdsec';
  readonly type: string;
  readonly scope: 'Ip' | 'Range';
  readonly value: string;
  /** A Go duration, from the alert's `stop_at` on. */
  readonly duration: string;
  readonly scenario: string;
}

/** Who decides about a report: the operator's profiles, or the agent, whose decision is sent along. */
export type AlertDecisions = 'profiles' | 'push';

/** A report that took no longer than this is told with the very moment at which it ended, in ms. */
const PROMPT_MS = 60_000;
/** A report that waited longer than this asks for no decision any more, in ms: the address may long be somebody else's. */
const OUTDATED_MS = 24 * 3_600_000;
/** The engine cuts or drops longer texts. */
const META_LENGTH = 4_095;

/**
 * The alert that tells a local API of a signal.
 *
 * A decision holds from `stop_at` on for its duration. With a decision of ours that is what is wanted: it ends when it would have ended had
 * the alert come at once, so that one that waited too long bans nobody. Of the profiles the duration is unknown; so that theirs is of use
 * after a wait, `stop_at` is then the moment of the call, unless the report is older than a day. `start_at` and the event keep the true time.
 *
 * @param clock.now our wall time, in ms since the epoch
 * @param clock.aheadMs by how much it is ahead of LAPI's: all times are told by LAPI's clock, by which decisions end
 */
export function alertOf(
  signal: Signal,
  decisions: AlertDecisions,
  { now, aheadMs = 0 }: { readonly now: number; readonly aheadMs?: number },
): WireAlert {
  const iso = (ms: number): string => new Date(Math.max(0, ms - aheadMs)).toISOString();
  const { scenario, message, source, decisions: decided = [] } = signal;
  const stopAt = Math.min(momentOf(signal.stop_at, now), now);
  const startAt = Math.min(momentOf(signal.start_at, stopAt), stopAt);
  const pushed = decisions === 'push' ? decided : [];
  const asksProfiles = decided.length > 0 && pushed.length === 0 && now - stopAt <= OUTDATED_MS;
  return {
    scenario,
    scenario_hash: signal.scenario_hash,
    scenario_version: signal.scenario_version,
    message,
    events_count: signal.events_count ?? 1,
    start_at: iso(startAt),
    stop_at: iso(asksProfiles && now - stopAt > PROMPT_MS ? now : stopAt),
    capacity: 0,
    leakspeed: '0s',
    simulated: false,
    events: [{ timestamp: iso(stopAt), meta: metaOf(signal) }],
    source,
    remediation: asksProfiles || pushed.length > 0,
    ...(pushed.length === 0
      ? {}
      : {
          decisions: pushed.map(({ origin, type, scope, value, duration }) => ({
            origin,
            type,
            scope,
            value,
            duration,
            scenario,
          })),
        }),
  };
}

/** What the report tells for people, and its uuid, by which one that was sent twice can be told. */
function metaOf({ uuid, context }: Signal): WireAlertEvent['meta'] {
  const entries = context.map(({ key, value }) => ({ key, value: value.slice(0, META_LENGTH) }));
  return [...entries, { key: 'report_uuid', value: uuid }];
}

function momentOf(text: string, otherwise: number): number {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? otherwise : ms;
}
