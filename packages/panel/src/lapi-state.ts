import type { Health } from '@crowdsec-sdk/core';
import { masked } from './masked.js';

/** What the page shows of a local API. Moments are in ms since the epoch; `null` where there is none. */
export interface LapiState {
  readonly url: string;
  /** Whether this process asks it, or follows the one that does. */
  readonly role: 'puller' | 'follower';
  readonly stale: boolean;
  /** How many of its decisions are held. */
  readonly count: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly pulledAt: number | null;
  /** When it last told everything. */
  readonly fullAt: number | null;
  readonly nextPullAt: number | null;
  readonly failure: { readonly code: string; readonly message: string; readonly since: number } | null;
  /** The machine whose reports it takes as alerts; `null` without one. */
  readonly machine: {
    /** Begin and end alone; `null` for one that a certificate names. */
    readonly machineId: string | null;
    readonly loggedIn: boolean;
    readonly failure: { readonly message: string; readonly nextAt: number } | null;
    readonly alertsSent: number;
    /** Taken and not kept: the address is on an allowlist of the operator. */
    readonly alertsDiscarded: number;
  } | null;
}

/** What there is to show of the local API; `null` for an agent that speaks to none. */
export function lapiState({ decisions: { lapi }, lapiMachine, signals }: Health): LapiState | null {
  if (lapi === undefined) return null;
  const { url, role, stale, count, skipped, pulledAt = null, fullAt = null, nextPullAt = null, failure = null } = lapi;
  const about = { url, role, stale, count, skipped, pulledAt, fullAt, nextPullAt, failure };
  if (lapiMachine === undefined) return { ...about, machine: null };
  const { machineId, loggedIn, failure: refusal = null } = lapiMachine;
  return {
    ...about,
    machine: {
      machineId: machineId === undefined ? null : masked(machineId),
      loggedIn,
      failure: refusal,
      alertsSent: signals.sent,
      alertsDiscarded: signals.discarded,
    },
  };
}
