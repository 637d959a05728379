import type { ReportPace } from '../networks/report-channel.js';

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
 * When the next call with signals leaves: between the shortest and the longest gap of the network after the last one, sooner the fuller
 * the buffer is. With CAPI's pace (250 a call, 10 seconds to 10 minutes):
 *
 * - A full call's worth leaves as soon as 10 seconds have passed since the last call.
 * - Fewer wait from when the oldest came, for 10 minutes less what the buffer is full: with one signal almost 10 minutes, with 125
 *   about 5, with 249 a little over 10 seconds.
 * - Never later than 10 minutes after the last call; signals that come after that are gathered for 10 seconds.
 *
 * @see the guide for soft agents: "between 10 seconds and 10 minutes depending on how big the buffer gets", at most 250 a call
 */
export function nextCall({ size, oldestAt, lastCallAt }: PaceInput, pace: ReportPace): Pace {
  const { mostPerCall, shortestGapMs, longestGapMs } = pace;
  const allowedAt = lastCallAt === undefined ? oldestAt : lastCallAt + shortestGapMs;
  if (size === 0) return { allowedAt, dueAt: undefined, reason: 'nothing waits' };
  if (size >= mostPerCall) {
    return { allowedAt, dueAt: allowedAt, reason: `a full call's worth waits (${mostPerCall} signals)` };
  }
  const fullness = size / mostPerCall;
  const patientAt = oldestAt + longestGapMs - fullness * (longestGapMs - shortestGapMs);
  const latestAt = lastCallAt === undefined ? patientAt : Math.max(lastCallAt + longestGapMs, oldestAt + shortestGapMs);
  const dueAt = Math.max(allowedAt, Math.min(patientAt, latestAt));
  const reason =
    dueAt === latestAt && latestAt < patientAt
      ? `the last call was ${longestGapMs / 1000} seconds ago`
      : `the buffer is ${Math.round(fullness * 100)}% full: the fuller, the sooner`;
  return { allowedAt, dueAt, reason };
}
