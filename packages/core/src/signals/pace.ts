import { MAX_SIGNALS_PER_CALL } from '../capi/client.js';

/** Two calls are never closer than this. */
export const SHORTEST_GAP_MS = 10_000;
/** Nothing that waits, waits longer than this after the last call. */
export const LONGEST_GAP_MS = 600_000;

export interface PaceInput {
  /** Signals that wait. */
  readonly size: number;
  /** When the oldest of them came, in ms. */
  readonly oldestAt: number;
  /** When the last call left, in ms; `undefined` when none ever did. */
  readonly lastCallAt: number | undefined;
}

export interface Pace {
  /** When the next call may leave. */
  readonly allowedAt: number;
  /** When it should leave; `undefined` when nothing waits. */
  readonly dueAt: number | undefined;
  /** Why then, for people. */
  readonly reason: string;
}

/**
 * When the next `POST /signals` leaves: 10 seconds to 10 minutes after the last one, sooner the fuller the buffer is.
 *
 * - A full call's worth (250) leaves as soon as 10 seconds have passed since the last call.
 * - Fewer wait from when the oldest came, for 10 minutes less what the buffer is full: with one signal almost 10 minutes, with 125
 *   about 5, with 249 a little over 10 seconds.
 * - Never later than 10 minutes after the last call; signals that come after that are gathered for 10 seconds.
 *
 * @see the guide for soft agents: "between 10 seconds and 10 minutes depending on how big the buffer gets", at most 250 a call
 */
export function nextCall({ size, oldestAt, lastCallAt }: PaceInput): Pace {
  const allowedAt = lastCallAt === undefined ? oldestAt : lastCallAt + SHORTEST_GAP_MS;
  if (size === 0) return { allowedAt, dueAt: undefined, reason: 'nothing waits' };
  if (size >= MAX_SIGNALS_PER_CALL) {
    return { allowedAt, dueAt: allowedAt, reason: `a full call's worth waits (${MAX_SIGNALS_PER_CALL} signals)` };
  }
  const fullness = size / MAX_SIGNALS_PER_CALL;
  const patientAt = oldestAt + LONGEST_GAP_MS - fullness * (LONGEST_GAP_MS - SHORTEST_GAP_MS);
  const latestAt =
    lastCallAt === undefined ? patientAt : Math.max(lastCallAt + LONGEST_GAP_MS, oldestAt + SHORTEST_GAP_MS);
  const dueAt = Math.max(allowedAt, Math.min(patientAt, latestAt));
  const reason =
    dueAt === latestAt && latestAt < patientAt
      ? 'the last call was 10 minutes ago'
      : `the buffer is ${Math.round(fullness * 100)}% full: the fuller, the sooner`;
  return { allowedAt, dueAt, reason };
}
