import { Logger, type ExecutionContext } from '@nestjs/common';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { contextFacts, subjectOf } from './context-facts.js';
import { inspectionRecordOf } from './inspection-records.js';
import { oncePerAgent } from './once-per-agent.js';
import { refusesPromise } from './refuses-promise.js';
import { ruleFor, type ReportRule } from './report-rules.js';

/** What of a call may be told. */
export interface ReportableCall {
  readonly context: ExecutionContext;
  readonly rules: readonly ReportRule[];
  /** Whom it is about. */
  readonly ip: string | undefined;
}

/** Tells what the rule asks for that a status or an exception triggers, if one does. Never throws: the answer is not to change. */
export function reportCause(crowdsec: Crowdsec, { context, rules, ip }: ReportableCall, cause: unknown): void {
  if (ip === undefined) return;
  let rule: ReportRule | undefined;
  try {
    rule = ruleFor(rules, cause);
    if (rule !== undefined) tell(crowdsec, rule, ip, context);
  } catch (error) {
    const what = rule?.event ?? rule?.scenario ?? 'an exception that can not be read';
    oncePerAgent(crowdsec, what, () => new Logger('Crowdsec').error(`@ReportOn of ${what}: ${String(error)}`));
  }
}

/** Whom a signal of this call is about: as the guard found, else as the facts say. */
export function callerIp(crowdsec: Crowdsec, context: ExecutionContext): string | undefined {
  return inspectionRecordOf(subjectOf(context))?.verdict.ip ?? crowdsec.bouncer.clientIp(contextFacts(context));
}

function tell(crowdsec: Crowdsec, rule: ReportRule, ip: string, context: ExecutionContext): void {
  if (rule.event !== undefined) {
    const facts = rule.facts?.(context);
    const told = refusesPromise(crowdsec, `facts of @ReportOn of ${rule.event}`, facts) ? {} : facts;
    return crowdsec.observe(rule.event, { ...told, ip });
  }
  const { on: _, decision, ...signal } = rule;
  if (decision === undefined) crowdsec.whisper({ ip, ...signal });
  else crowdsec.report({ ip, ...signal, decision });
}
