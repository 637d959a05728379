import { z } from 'zod';
import { parseGoDuration } from './decisions/go-duration.js';
import { goDurationField, hasOneTarget, ONE_TARGET, remediationField } from './fields.js';
import { parsePrefix, formatPrefix } from './ip/prefix.js';
import type { Receipt } from './signals/report.js';
import { validate } from './validate.js';

/** What this installation decides itself. */
export interface LocalDecisionRequest {
  /** The address, in any legal spelling; this or `range`. */
  readonly ip?: string;
  /** The range, in CIDR notation. */
  readonly range?: string;
  /** `ban` by default; any type that `remediations` lists. */
  readonly type?: string;
  /** How long it holds: a Go duration of more than zero; `4h` by default. */
  readonly duration?: string;
  /** Why: `vendor/name`. To be reported it must be declared. */
  readonly scenario: string;
  /** Tell CrowdSec too, by a decision signal. */
  readonly report?: boolean;
}

/** What was decided: it holds in this process at once, and in the others within seconds. */
export interface LocalDecisionResult {
  /** The address or range in canonical spelling. */
  readonly value: string;
  /** When it ends, in ms since the epoch. */
  readonly expiresAt: number;
  /** Resolves when the others will see it and a restart will find it; never rejects. */
  readonly stored: Promise<void>;
  /** What became of the report, if one was asked for. */
  readonly receipt?: Receipt;
}

const target = {
  ip: z.string().optional(),
  range: z.string().optional(),
};

const requestSchema = z.strictObject({
  ...target,
  type: remediationField.default('ban'),
  duration: goDurationField('4h or 30m').default('4h'),
  scenario: z.string().min(1, 'must not be empty').max(200),
  report: z.boolean().default(false),
});

/** A decision to make, with what it meant. */
export interface CheckedDecision extends z.output<typeof requestSchema> {
  readonly value: string;
  readonly durationMs: number;
}

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong */
export function checkDecision(request: LocalDecisionRequest): CheckedDecision {
  const checked = validate(requestSchema, request, 'decision');
  return { ...checked, value: valueOf(checked, 'decision'), durationMs: parseGoDuration(checked.duration)! };
}

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` */
export function checkTarget(request: { readonly ip?: string; readonly range?: string }): string {
  return valueOf(validate(z.strictObject(target), request, 'decision'), 'decision');
}

/** The one address or range that is meant, in canonical spelling. */
function valueOf({ ip, range }: { ip?: string | undefined; range?: string | undefined }, root: string): string {
  const schema = z
    .object(target)
    .refine(hasOneTarget, ONE_TARGET)
    .refine(() => ip === undefined || (parsePrefix(ip) !== undefined && !ip.includes('/')), {
      path: ['ip'],
      error: 'is not an IP address',
    })
    .refine(() => range === undefined || parsePrefix(range) !== undefined, {
      path: ['range'],
      error: 'is not a range in CIDR notation',
    });
  validate(schema, { ip, range }, root);
  return formatPrefix(parsePrefix(ip ?? range ?? '')!);
}
