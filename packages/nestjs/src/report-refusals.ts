import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { responseOf, subjectOf } from './context-facts.js';
import { inspectionRecordOf } from './inspection-records.js';
import { callerIp, reportCause } from './report-cause.js';
import { rulesOf } from './report-rules.js';

/** How far a request with rules has come: what guards throw, no interceptor sees. */
const phases = new WeakMap<object, 'guards' | 'handler'>();

/** Reports what guards after this one refuse, by the status of the answer. */
export function reportRefusals(crowdsec: Crowdsec, reflector: Reflector, context: ExecutionContext): void {
  if (context.getType() !== 'http') return;
  const rules = rulesOf(reflector, context);
  const subject = subjectOf(context);
  if (rules.length === 0 || phases.has(subject)) return;
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
