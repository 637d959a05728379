import { Logger, type ExecutionContext } from '@nestjs/common';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { contextFacts, subjectOf } from './context-facts.js';
import { judgementOf } from './judgements.js';
import { oncePerAgent } from './once-per-agent.js';
import { ruleFor, type ReportRule } from './report-rules.js';

/** Sends the signal of the rule that a status or an exception triggers, if one does. Never throws: the answer is not to change. */
export function reportCause(crowdsec: Crowdsec, rules: readonly ReportRule[], ip: string | undefined, cause: unknown): void {
  const rule = ruleFor(rules, cause);
  if (rule === undefined || ip === undefined) return;
  const { on: _, decision, ...signal } = rule;
  try {
    if (decision === undefined) crowdsec.whisper({ ip, ...signal });
    else crowdsec.report({ ip, ...signal, decision });
  } catch (error) {
    oncePerAgent(crowdsec, rule.scenario, () => new Logger('Crowdsec').error(`@ReportOn of ${rule.scenario}: ${String(error)}`));
  }
}

/** Whom a signal of this call is about: as the guard found, else as the facts say. */
export function callerIp(crowdsec: Crowdsec, context: ExecutionContext): string | undefined {
  return judgementOf(subjectOf(context))?.verdict.ip ?? crowdsec.bouncer.clientIp(contextFacts(context));
}
