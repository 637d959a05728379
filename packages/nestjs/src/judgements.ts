import type { Bouncer, Verdict } from '@crowdsec-sdk/core';

/** A verdict, and the function that read the facts it rests on: a guard of yours may look at other facts. */
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

/**
 * What this agent said of a request before Nest's own guard and middleware came to it: another adapter may guard the
 * server that Nest runs on.
 */
export function earlierVerdict({ verdicts }: Bouncer, subject: object): Verdict | undefined {
  return judgementOf(subject)?.verdict ?? verdicts.of(subject);
}
