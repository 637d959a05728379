import type { Verdict } from '@crowdsec-sdk/core';

/** A verdict, and the kind of guard that asked for it: another kind may look at other facts. */
export interface Judgement {
  readonly by: unknown;
  readonly verdict: Verdict;
}

const judgements = new WeakMap<object, Judgement>();

/** The last verdict about a request. */
export function judgementOf(subject: object): Judgement | undefined {
  return judgements.get(subject);
}

/** Keeps a verdict with the request that it is about. */
export function rememberJudgement(subject: object, judgement: Judgement): void {
  judgements.set(subject, judgement);
}
