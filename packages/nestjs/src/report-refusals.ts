import type { ExecutionContext } from '@nestjs/common';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { responseOf, subjectOf } from './context-facts.js';
import { inspectionRecordOf } from './inspection-records.js';
import { callerIp, reportCause } from './report-cause.js';
import type { ReportRule } from './report-rules.js';

/** How far a request with rules has come: what guards throw, no interceptor sees. */
const phases = new WeakMap<object, 'guards' | 'handler'>();

/** Reports what guards after this one refuse, by the status of the answer. */
export function reportRefusals(crowdsec: Crowdsec, rules: readonly ReportRule[], context: ExecutionContext): void {
  if (rules.length === 0 || context.getType() !== 'http') return;
  const subject = subjectOf(context);
  if (phases.has(subject)) return;
  phases.set(subject, 'guards');
  const call = { context, rules, ip: callerIp(crowdsec, context) };
  const response = responseOf(context);
  response?.once('finish', () => {
    const isBlocked = inspectionRecordOf(subject)?.verdict.action === 'block';
    if (phases.get(subject) === 'guards' && !isBlocked) reportCause(crowdsec, call, response.statusCode);
  });
}

/** From here on, the interceptor sees what goes wrong. */
export function endGuardPhase(subject: object): void {
  phases.set(subject, 'handler');
}
