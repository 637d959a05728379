import { MAX_SIGNALS_PER_CALL } from '../capi/client.js';

/**
 * Finds the signal that CAPI refuses a whole call for, by halves: how many of the oldest signals are under suspicion. Nothing else is
 * remembered, so a restart goes on where it was.
 */
export type Suspects = number;

/** How many signals the next call takes: half of the suspects, or a full call's worth when there are none. */
export function batchSize(suspects: Suspects): number {
  return suspects === 0 ? MAX_SIGNALS_PER_CALL : Math.ceil(suspects / 2);
}

/**
 * A call of the `sent` oldest was refused for what is in it: the culprit is among them. A single one is the culprit, and goes; the
 * suspects behind it stay.
 */
export function afterRefusal(sent: number, suspects: Suspects): Suspects {
  return sent === 1 ? Math.max(0, suspects - 1) : sent;
}

/** A call of the `sent` oldest was taken: the culprit is among the rest of the suspects. */
export function afterSuccess(suspects: Suspects, sent: number): Suspects {
  return Math.max(0, suspects - sent);
}
