import type { ExecutionContext, Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { AppEventKind, AppFacts, ReportedDecision } from '@crowdsec-sdk/core';

/** Which exceptions are told, and as what: as a signal to CrowdSec, or as an event to the agent's detectors. */
export type ReportRule = SignalRule | EventRule;

/** Makes a signal of each. */
export interface SignalRule extends TriggeredRule {
  /** A declared scenario. */
  readonly scenario: string;
  /** What was done about the client: makes a report of it. Without, it is a whisper. */
  readonly decision?: ReportedDecision;
  /** For people. */
  readonly message?: string;
  readonly event?: never;
}

/** Leaves it to detectors what to make of them. */
export interface EventRule extends TriggeredRule {
  /** What the detectors are told: `app:login-failed`. */
  readonly event: AppEventKind;
  /** More of it than the client's address; asked once it has happened. */
  readonly facts?: (context: ExecutionContext) => AppFacts;
  readonly scenario?: never;
}

interface TriggeredRule {
  /** A status of HTTP, or a class of exceptions; or several. */
  readonly on: ReportTrigger | readonly ReportTrigger[];
}

export type ReportTrigger = number | Type;

/** The rules of a handler or a class, as metadata. */
export const ReportRules = Reflector.createDecorator<readonly ReportRule[]>();

/** The rules of this call: its handler's or, where it has none, its class'. */
export function rulesOf(reflector: Reflector, context: ExecutionContext): readonly ReportRule[] {
  const rules = reflector.getAllAndOverride<readonly ReportRule[] | undefined>(ReportRules.KEY, [
    context.getHandler(),
    context.getClass(),
  ]);
  return rules ?? [];
}

/** The first rule that a status or an exception triggers. */
export function ruleFor(rules: readonly ReportRule[], cause: unknown): ReportRule | undefined {
  const status = typeof cause === 'number' ? cause : statusOf(cause);
  const isMet = (trigger: ReportTrigger): boolean =>
    typeof trigger === 'number' ? trigger === status : cause instanceof trigger;
  return rules.find(({ on }) => (typeof on === 'object' ? on.some(isMet) : isMet(on)));
}

/** The status of an `HttpException`, of whatever copy of Nest, or of an error as `http-errors` makes them. */
function statusOf(exception: unknown): number | undefined {
  if (typeof exception !== 'object' || exception === null) return undefined;
  const { getStatus, statusCode } = exception as { readonly getStatus?: () => number; readonly statusCode?: number };
  return typeof getStatus === 'function' ? getStatus.call(exception) : statusCode;
}
