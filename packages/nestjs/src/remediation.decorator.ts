import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { PassVerdict, VerdictFacts } from '@crowdsec-sdk/core';
import { subjectOf } from './context-facts.js';
import { inspectionRecordOf } from './inspection-records.js';

/**
 * Hands the verdict of the guard or the middleware to a handler, whole or one fact of it; `undefined` where neither has looked.
 *
 * ```ts
 * whoami(@Remediation() verdict: PassVerdict | undefined, @Remediation('ip') ip: string | undefined) {}
 * ```
 */
export const Remediation: (fact?: keyof VerdictFacts) => ParameterDecorator = createParamDecorator(
  (fact: keyof VerdictFacts | undefined, context: ExecutionContext): PassVerdict | string | undefined => {
    const verdict = inspectionRecordOf(subjectOf(context))?.verdict;
    if (verdict?.action !== 'pass' || verdict.settled !== undefined) return undefined;
    return fact === undefined ? verdict : verdict[fact];
  },
);
