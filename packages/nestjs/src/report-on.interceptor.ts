import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { tap, type Observable } from 'rxjs';
import { subjectOf } from './context-facts.js';
import { callerIp, reportCause } from './report-cause.js';
import { endGuardPhase } from './report-refusals.js';
import { rulesOf } from './report-rules.js';
import { InjectCrowdsec } from './tokens.js';

/** Sees the exceptions of a handler with {@link ReportOn}, and lets them go on. */
@Injectable()
export class ReportOnInterceptor implements NestInterceptor {
  readonly #crowdsec: Crowdsec;
  readonly #reflector: Reflector;

  constructor(@InjectCrowdsec() crowdsec: Crowdsec, reflector: Reflector) {
    this.#crowdsec = crowdsec;
    this.#reflector = reflector;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() === 'rpc') return next.handle();
    endGuardPhase(subjectOf(context));
    // Now: once the client has hung up, nobody knows its address.
    const call = { context, rules: rulesOf(this.#reflector, context), ip: callerIp(this.#crowdsec, context) };
    return next.handle().pipe(
      tap({
        error: (exception: unknown) => {
          if (this.#isFirstReport(exception)) reportCause(this.#crowdsec, call, exception);
        },
      }),
    );
  }

  /** A class and its handler may both have brought an interceptor. */
  #isFirstReport(exception: unknown): boolean {
    if (typeof exception !== 'object' || exception === null || seen.has(exception)) return false;
    seen.add(exception);
    return true;
  }
}

const seen = new WeakSet();
