import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Crowdsec, RequestFacts } from '@crowdsec-sdk/core';
import type { BlockVerdict, SettledVerdict, Verdict } from '@crowdsec-sdk/core/adapter';
import { contextFacts, hasHandshake, subjectOf } from './context-facts.js';
import { CrowdsecForbiddenException } from './crowdsec-forbidden.exception.js';
import { disconnect, type GatewayClient } from './disconnect.js';
import { followContext } from './follow-context.js';
import { inspectionRecordOf, recordInspection } from './inspection-records.js';
import { oncePerAgent } from './once-per-agent.js';
import { refusesPromise } from './refuses-promise.js';
import { reportRefusals } from './report-refusals.js';
import { rulesOf, type ReportRule } from './report-rules.js';
import { SkipCrowdsec } from './skip-crowdsec.decorator.js';
import { InjectCrowdsec } from './tokens.js';

/**
 * Refuses requests of clients that CrowdSec decided against; for `@UseGuards(CrowdsecGuard)`, or for the whole application:
 *
 * ```ts
 * providers: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }]
 * ```
 *
 * It guards HTTP, GraphQL (once a request, however many fields are resolved) and each message of a WebSocket, by the address of its
 * handshake. What has no client address, such as a call of a microservice, passes. Extend it and override its protected methods to
 * adapt it.
 */
@Injectable()
export class CrowdsecGuard implements CanActivate {
  protected readonly crowdsec: Crowdsec;
  protected readonly reflector: Reflector;
  readonly #metadataOf = new WeakMap<object, HandlerMetadata>();

  constructor(@InjectCrowdsec() crowdsec: Crowdsec, reflector: Reflector) {
    this.crowdsec = crowdsec;
    this.reflector = reflector;
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (!this.#hasCaller(context)) return true;
    if (this.#skips(context)) return this.#pass(context);
    const subject = subjectOf(context);
    const verdict = this.#inspect(context, subject);
    if (verdict.settled === undefined) return this.#follow(verdict, context);
    return verdict.settled.then((settled) => {
      this.#remember(context, subject, settled);
      return this.#follow(settled, context);
    });
  }

  /** Whether nobody looks at the request; by default what {@link SkipCrowdsec} says of the handler or its class. */
  protected shouldSkip(context: ExecutionContext): boolean {
    return this.#metadata(context).skips;
  }

  /** What the verdict is based on. */
  protected getFacts(context: ExecutionContext): RequestFacts {
    return contextFacts(context);
  }

  /**
   * What becomes of a blocked request: true lets it through all the same. The client of a WebSocket is disconnected (1008).
   *
   * @throws CrowdsecForbiddenException which answers it as the verdict says, unless an exception filter of yours takes it
   */
  protected onBlocked(verdict: BlockVerdict, context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() === 'ws') disconnect(context.switchToWs().getClient<GatewayClient>());
    throw new CrowdsecForbiddenException(verdict);
  }

  #hasCaller(context: ExecutionContext): boolean {
    const type = context.getType<string>();
    if (type === 'ws' && !hasHandshake(context)) {
      this.#warnOnce(
        'ws',
        'The client of a WebSocket is unknown: call rememberHandshake(client, request) in handleConnection of the gateway.',
      );
    }
    if (type === 'http' || type === 'graphql' || type === 'ws') return true;
    this.#warnOnce(type, `Calls of type ${type} pass the guard: they have no client address.`);
    return false;
  }

  #skips(context: ExecutionContext): boolean {
    const skips = this.shouldSkip(context);
    return !refusesPromise(this.crowdsec, 'CrowdsecGuard.shouldSkip', skips) && skips;
  }

  #facts(context: ExecutionContext): RequestFacts {
    const facts = this.getFacts(context);
    return refusesPromise(this.crowdsec, 'CrowdsecGuard.getFacts', facts) ? contextFacts(context) : facts;
  }

  #inspect(context: ExecutionContext, subject: object): Verdict {
    const { bouncer } = this.crowdsec;
    // A connection lasts, and decisions change meanwhile: each message is judged, once for all its guards.
    const known = inspectionRecordOf(context.getType() === 'ws' ? context : subject);
    if (known !== undefined && known.by === this.#factsReader) return known.verdict;
    const earlier = this.#factsReader === contextFacts ? bouncer.verdicts.of(subject) : undefined;
    if (earlier !== undefined) return this.#remember(context, subject, earlier);
    const facts = this.#facts(context);
    const verdict = bouncer.inspect(facts);
    // Who judged it first follows the answer already.
    if (known === undefined) followContext(bouncer, facts, verdict, context);
    return this.#remember(context, subject, verdict);
  }

  /** What the verdict rests on: guards that look at the same facts share it. */
  get #factsReader(): unknown {
    const getFacts: unknown = Reflect.get(this, 'getFacts');
    return getFacts === ownGetFacts ? contextFacts : getFacts;
  }

  #remember(context: ExecutionContext, subject: object, verdict: Verdict): Verdict {
    const record = { by: this.#factsReader, verdict };
    recordInspection(subject, record);
    if (context.getType() === 'ws') recordInspection(context, record);
    return verdict;
  }

  #follow(verdict: SettledVerdict, context: ExecutionContext): boolean | Promise<boolean> {
    return verdict.action === 'block' ? this.onBlocked(verdict, context) : this.#pass(context);
  }

  #pass(context: ExecutionContext): true {
    reportRefusals(this.crowdsec, this.#metadata(context).rules, context);
    return true;
  }

  /** What decorators say of the handler, read once: the reflector takes as long as all else that is done for a request. */
  #metadata(context: ExecutionContext): HandlerMetadata {
    const [handler, controller] = [context.getHandler(), context.getClass()];
    let metadata = this.#metadataOf.get(handler);
    if (metadata?.controller !== controller) {
      const skips = this.reflector.getAllAndOverride(SkipCrowdsec, [handler, controller]);
      metadata = { controller, skips, rules: rulesOf(this.reflector, context) };
      this.#metadataOf.set(handler, metadata);
    }
    return metadata;
  }

  #warnOnce(what: string, message: string): void {
    oncePerAgent(this.crowdsec, what, () => new Logger('Crowdsec').warn(message));
  }
}

/** What is read of the decorators of a handler and of its class. */
interface HandlerMetadata {
  readonly controller: unknown;
  readonly skips: boolean;
  readonly rules: readonly ReportRule[];
}

/** As it is where no subclass reads other facts. */
const ownGetFacts: unknown = Reflect.get(CrowdsecGuard.prototype, 'getFacts');
