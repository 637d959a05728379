import type { ExecutionContext } from '@nestjs/common';
import type { RequestFacts } from '@crowdsec-sdk/core';
import { followAnswer, type Bouncer, type Verdict } from '@crowdsec-sdk/core/adapter';
import { responseOf } from './context-facts.js';

/** Tells the bouncer how the request behind a context was answered, where HTTP answers it. */
export function followContext(
  bouncer: Bouncer,
  facts: RequestFacts,
  verdict: Verdict,
  context: ExecutionContext,
): void {
  // Asked first, for to get at the response takes longer than all else here, and most often nobody wants to know.
  if (bouncer.answering(facts, verdict) === undefined) return;
  const response = responseOf(context);
  if (response === undefined) return;
  if (verdict.settled === undefined) followAnswer(bouncer, facts, verdict, response);
  else void verdict.settled.then((settled) => followAnswer(bouncer, facts, settled, response));
}
