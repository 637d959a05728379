import type { Receipt } from '@crowdsec-sdk/core';

/** What became of a report, for the answer to the visitor; a real site would not tell. */
export type Outcome =
  | { readonly status: 'buffered' | 'merged'; readonly uuid: string }
  | { readonly status: 'refused'; readonly reason: string };

export function outcomeOf({ stored: _, ...outcome }: Receipt): Outcome {
  return outcome;
}
