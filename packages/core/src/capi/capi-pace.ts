import type { ReportPace } from '../networks/report-channel.js';
import { MAX_SIGNALS_PER_CALL } from './client.js';

/** @see the guide for soft agents: "between 10 seconds and 10 minutes depending on how big the buffer gets", at most 250 a call */
export const CAPI_PACE: ReportPace = {
  mostPerCall: MAX_SIGNALS_PER_CALL,
  shortestGapMs: 10_000,
  longestGapMs: 600_000,
  longestBackoffMs: 600_000,
};
