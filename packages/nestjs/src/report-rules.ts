import type { ExecutionContext, Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { ReportedDecision } from '@crowdsec-sdk/core';

/** Which exceptions become a signal, and which signal. */
export interface ReportRule {
  /** A status of HTTP, or a class of exceptions; or several. */
  readonly on: ReportTrigger | readonly ReportTrigger[];
  /** A declared scenario. */
  readonly scenario: string;
  /** What was done about the client: makes a report of it. Without, it is a whisper. */
  readonly decision?: ReportedDecision;
  /** For people. */
  readonly message?: string;
}

export type ReportTrigger = number | Type;

/** The rules of a handler or a class, as metadata. */
export const ReportRules = Reflector.createDecorator<readonly ReportRule[]>();

/** The rules of this call: its handler's or, where it has none, its class'. */
export function rulesOf(reflector: Reflector, context: ExecutionContext): readonly ReportRule[] {
  const rules = reflector.getAllAndOverride<readonly ReportRule[] | undefined>(ReportRules.KEY, [context.getHandler(), context.getClass()]);
  return rules ?? [];
}

/** The first rule that a status or an exception triggers. */
export function ruleFor(rules: readonly ReportRule[], cause: unknown): ReportRule | undefined {
  const status = typeof cause === 'number' ? cause : statusOf(cause);
  const isMet = (trigger: ReportTrigger): boolean => (typeof trigger === 'number' ? trigger === status : cause instanceof trigger);
  return rules.find(({ on }) => (typeof on === 'object' ? on.some(isMet) : isMet(on)));
}

/** The status of an `HttpException`, of whatever copy of Nest, or of an error as `http-errors` makes them. */
function statusOf(exception: unknown): number | undefined {
  if (typeof exception !== 'object' || exception === null) return undefined;
  const { getStatus, statusCode } = exception as { readonly getStatus?: () => number; readonly statusCode?: number };
  return typeof getStatus === 'function' ? getStatus.call(exception) : statusCode;
}
