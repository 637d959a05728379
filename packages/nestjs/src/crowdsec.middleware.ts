import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { followAnswer, nodeFacts, type SettledVerdict } from '@crowdsec-sdk/core/adapter';
import { answerBlocked } from './answer-blocked.js';
import { contextFacts } from './context-facts.js';
import { earlierVerdict, recordInspection } from './inspection-records.js';
import { InjectCrowdsec } from './tokens.js';

/**
 * Refuses clients before Nest looks at their request: on unknown routes and static files too, and before a body is read. Guards come
 * only once a route was found. Where it runs, `CrowdsecGuard` takes its verdict over; where it runs twice, the second time does nothing.
 *
 * ```ts
 * const app = await NestFactory.create(AppModule);
 * app.use(app.get(CrowdsecMiddleware).use);
 * ```
 */
@Injectable()
export class CrowdsecMiddleware implements NestMiddleware<IncomingMessage, ServerResponse> {
  readonly #crowdsec: Crowdsec;

  constructor(@InjectCrowdsec() crowdsec: Crowdsec) {
    this.#crowdsec = crowdsec;
  }

  readonly use = (
    request: IncomingMessage & { readonly originalUrl?: string },
    response: ServerResponse,
    next: () => void,
  ): void => {
    const { bouncer } = this.#crowdsec;
    if (earlierVerdict(bouncer, request) !== undefined) return next();
    const facts = nodeFacts(request, request.originalUrl);
    const follow = (verdict: SettledVerdict): void => {
      followAnswer(bouncer, facts, verdict, response);
      if (verdict.action === 'block') return answerBlocked(response, verdict.response);
      recordInspection(request, { by: contextFacts, verdict });
      next();
    };
    const verdict = bouncer.inspect(facts);
    if (verdict.settled === undefined) follow(verdict);
    else void verdict.settled.then(follow);
  };
}
