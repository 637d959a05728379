import type { ServerResponse } from 'node:http';
import { whenAnswered } from './answers-of-connection.js';
import type { Bouncer } from './bouncer.js';
import type { RequestFacts, Verdict } from './verdict.js';

/**
 * Tells the bouncer how a request was answered, once it was, for adapters whose host is built on `node:http`. Costs nothing while no
 * detector wants to know.
 */
export function followAnswer(bouncer: Bouncer, facts: RequestFacts, verdict: Verdict, response: ServerResponse): void {
  const answered = bouncer.answering(facts, verdict);
  if (answered !== undefined && !whenAnswered(response, answered)) {
    response.once('close', () => {
      if (response.headersSent) answered(response.statusCode);
    });
  }
}
