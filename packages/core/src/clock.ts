import { threadCpuTime } from './thread-cpu-time.js';

/**
 * Where time comes from. Wall time goes on the wire and into the store; intervals within a process use monotonic time,
 * which neither a suspend nor NTP can turn back.
 */
export interface Clock {
  /** Wall time, in ms since the epoch. */
  now(): number;
  /** Monotonic time of this process, in ms since an arbitrary moment. */
  monotonic(): number;
  /**
   * CPU time that this thread has used, in ms since an arbitrary moment. Where a clock has none, monotonic time serves, which goes on
   * while the machine runs others.
   */
  cpu?(): number;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  cpu: threadCpuTime,
};

/** A stored moment as it may be trusted: one that lies in the future counts as now, whatever clock once wrote it. */
export function notInFuture(storedMs: number, nowMs: number): number {
  return Math.min(storedMs, nowMs);
}

/** Clocks of machines that share a store differ by less than this, in ms. */
const TOLERATED_SKEW_MS = 60_000;

/**
 * Whether a stored moment lies so far in the future that it must be written back as the present: it would count as now again after each
 * restart, and what waits for it would never be due.
 */
export function mustBeWrittenBack(storedMs: number | undefined, nowMs: number): boolean {
  return storedMs !== undefined && storedMs - nowMs > TOLERATED_SKEW_MS;
}
