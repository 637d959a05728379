import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import { followAnswer, nodeFacts, type Crowdsec, type Verdict } from '@crowdsec-sdk/core';
import { answerBlocked } from './answer-blocked.js';
import { CrowdsecGuard } from './crowdsec.guard.js';
import { rememberJudgement } from './judgements.js';
import { InjectCrowdsec } from './tokens.js';

/**
 * Refuses clients before Nest looks at their request: on unknown routes and static files too, and before a body is read. Guards come
 * only once a route was found. Where it runs, {@link CrowdsecGuard} takes its verdict over.
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
    const facts = nodeFacts(request, request.originalUrl);
    const follow = (verdict: Verdict): void => {
      followAnswer(this.#crowdsec.bouncer, facts, verdict, response);
      if (verdict.action === 'block') return answerBlocked(response, verdict.response);
      rememberJudgement(request, { by: CrowdsecGuard, verdict });
      next();
    };
    const verdict = this.#crowdsec.bouncer.inspect(facts);
    if (verdict.settled === undefined) follow(verdict);
    else void verdict.settled.then(follow);
  };
}
