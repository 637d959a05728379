import * as z from 'zod';
import { parseGoDuration } from './decisions/go-duration.js';
import { CrowdsecError } from './errors.js';
import { goDurationField, isGoDurationText, isRemediationText, ONE_TARGET, remediationField } from './fields.js';
import { parsePrefix, formatPrefix } from './ip/prefix.js';
import type { Receipt } from './signals/report.js';
import { validate } from './validate.js';
import { addressText, namedTarget } from './visitor-text.js';

/** What this installation decides itself. */
export interface LocalDecisionRequest {
  /** The address, in any legal spelling; this or `range`. */
  readonly ip?: string | undefined;
  /** The range, in CIDR notation. */
  readonly range?: string | undefined;
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
  /** The address or range in canonical spelling; when it was refused, the text that was given, cut to 100 characters. */
  readonly value: string;
  /** Why nothing was decided: what was given is no address or range. It is counted in {@link Health}. */
  readonly refused?: 'invalid-ip';
  /** When it ends, in ms since the epoch. */
  readonly expiresAt: number;
  /** Resolves when the others will see it and a restart will find it; never rejects. Asking for it keeps the process alive until then. */
  readonly stored: Promise<void>;
  /** What became of the report, if one was asked for. */
  readonly receipt?: Receipt;
}

const requestSchema = z.strictObject({
  ip: z.unknown().optional(),
  range: z.unknown().optional(),
  type: remediationField.default('ban'),
  duration: goDurationField('4h or 30m').default('4h'),
  scenario: z.string().min(1, 'must not be empty').max(200),
  report: z.boolean().default(false),
});
const targetSchema = requestSchema.pick({ ip: true, range: true });

/** What is decided, apart from about whom. */
type Terms = Omit<z.output<typeof requestSchema>, 'ip' | 'range'>;

/** A decision to make, with what it meant. */
export interface CheckedDecision extends Terms {
  readonly value: string;
  readonly durationMs: number;
}

/**
 * Checks a request. An address that is none, or that is missing where it was named, is a visitor's doing: it is refused, and throws
 * nothing.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong
 */
export function checkDecision(request: LocalDecisionRequest): CheckedDecision | { readonly refused: string } {
  const checked = plainTerms(request) ?? checkedTerms(request);
  const target = targetOf(request);
  if (target.value === undefined) return { refused: target.text };
  return { ...checked, value: target.value, durationMs: parseGoDuration(checked.duration)! };
}

/** By the schema, which knows how to say what is wrong. */
export function checkedTerms(request: unknown): Terms {
  const { type, duration, scenario, report } = validate(requestSchema, request, 'decision');
  return { type, duration, scenario, report };
}

const REQUEST_KEYS: ReadonlySet<string> = new Set(Object.keys(requestSchema.shape));

/** What {@link checkedTerms} makes of a request that is surely right, in a tenth of the time. `undefined` for any other, be it right or wrong. */
export function plainTerms(request: unknown): Terms | undefined {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) return undefined;
  for (const key in request) if (!REQUEST_KEYS.has(key)) return undefined;
  const { type = 'ban', duration = '4h', scenario, report = false } = request as Readonly<Record<string, unknown>>;
  if (!isRemediationText(type) || !isGoDurationText(duration) || typeof report !== 'boolean') return undefined;
  if (typeof scenario !== 'string' || scenario === '' || scenario.length > 200) return undefined;
  return { type, duration, scenario, report };
}

/**
 * The one address or range that is meant, in canonical spelling; `undefined` for what is neither.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`
 */
export function checkTarget(request: {
  readonly ip?: string | undefined;
  readonly range?: string | undefined;
}): string | undefined {
  validate(targetSchema, request, 'decision');
  return targetOf(request).value;
}

function targetOf(request: object): { readonly text: string; readonly value: string | undefined } {
  const target = namedTarget(request);
  if (target === undefined) {
    throw new CrowdsecError('CROWDSEC_OPTION_INVALID', `decision: ${ONE_TARGET}`, { path: 'decision' });
  }
  const text = addressText(target.given);
  const prefix =
    target.given === text && (target.kind === 'range' || !text.includes('/')) ? parsePrefix(text) : undefined;
  return { text, value: prefix && formatPrefix(prefix) };
}
