import { performance } from 'node:perf_hooks';
import type { Clock } from '@crowdsec-sdk/core';

/** How far a test moves a clock ahead: further than a pass of the captcha lasts. */
export const HOUR_MS = 3_600_000;

/** The clock of the system, until it is moved ahead. */
export function movableClock(): { readonly clock: Clock; advance(ms: number): void } {
  let ahead = 0;
  return {
    clock: { now: () => Date.now() + ahead, monotonic: () => performance.now() + ahead },
    advance: (ms) => void (ahead += ms),
  };
}
