import * as z from 'zod';
import { goDurationField, isGoDurationText, isRemediationText, remediationField } from '../fields.js';
import { SCENARIO_NAME } from '../scenario-name.js';
import { validate } from '../validate.js';
import type { Report, ReportedDecision, SignalKind, Whisper } from './report.js';

/** A ban of four hours is what the official engine decides by default. */
const DEFAULT_DECISION: ReportedDecision = Object.freeze({ type: 'ban', duration: '4h' });

const dateField = z.custom<Date>((value) => value instanceof Date, { error: 'must be a Date' }).optional();

/** What visitors can fill in is not checked here: it is cut or refused, never thrown. */
const whisperShape = {
  ip: z.unknown().optional(),
  range: z.unknown().optional(),
  scenario: z
    .string()
    .regex(SCENARIO_NAME, 'must look like mysecmodule/login-bruteforce: lower-case letters, digits, - and _'),
  message: z.unknown().optional(),
  eventCount: z.number().int().min(1).default(1),
  startAt: dateField,
  stopAt: dateField,
  context: z.unknown().optional(),
};

const whisperSchema = z.strictObject(whisperShape);
const reportSchema = z.strictObject({
  ...whisperShape,
  decision: z
    .strictObject({ type: remediationField, duration: goDurationField('4h or 30m') })
    .default({ ...DEFAULT_DECISION }),
});
const WHISPER_KEYS: ReadonlySet<string> = new Set(Object.keys(whisperShape));

/** What a developer filled in, checked, and what a visitor may have, as it was given. */
export interface ReportInput {
  readonly scenario: string;
  readonly message: unknown;
  readonly eventCount: number;
  readonly startAt: Date | undefined;
  readonly stopAt: Date | undefined;
  readonly context: unknown;
  readonly decision: ReportedDecision | undefined;
}

/**
 * Checks what only the developer can get wrong.
 *
 * @param context.declared scenarios whose names were checked
 * @param context.path what the report is called in messages
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`
 */
export function readReport(
  given: Report | Whisper,
  kind: SignalKind,
  { declared, path }: { readonly declared: ReadonlySet<string>; readonly path: string },
): ReportInput {
  return plainReport(given, kind, declared) ?? checkedReport(given, kind, path);
}

/** By the schemas, which know how to say what is wrong. */
export function checkedReport(given: unknown, kind: SignalKind, path: string): ReportInput {
  const checked: z.output<typeof whisperSchema> & { decision?: ReportedDecision } = validate(
    kind === 'decision' ? reportSchema : whisperSchema,
    given,
    path,
  );
  const { scenario, message, eventCount, startAt, stopAt, context, decision } = checked;
  return { scenario, message, eventCount, startAt, stopAt, context, decision };
}

/**
 * What {@link checkedReport} makes of a report that is surely right, without the schemas: they take longer than all the rest of a report.
 * `undefined` for any other, be it right or wrong.
 */
export function plainReport(given: unknown, kind: SignalKind, declared: ReadonlySet<string>): ReportInput | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
  for (const key in given) {
    if (!WHISPER_KEYS.has(key) && (key !== 'decision' || kind !== 'decision')) return undefined;
  }
  const { scenario, message, eventCount = 1, startAt, stopAt, context, decision } = given as Partial<Report>;
  if (typeof scenario !== 'string' || !declared.has(scenario)) return undefined;
  if (!Number.isSafeInteger(eventCount) || eventCount < 1 || !isDateOrNone(startAt) || !isDateOrNone(stopAt)) {
    return undefined;
  }
  const checked = kind === 'decision' ? plainDecision(decision) : undefined;
  if (kind === 'decision' && checked === undefined) return undefined;
  return { scenario, message, eventCount, startAt, stopAt, context, decision: checked };
}

function plainDecision(given: unknown): ReportedDecision | undefined {
  if (given === undefined) return DEFAULT_DECISION;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
  for (const key in given) if (key !== 'type' && key !== 'duration') return undefined;
  const { type, duration } = given as Partial<Record<string, unknown>>;
  return isRemediationText(type) && isGoDurationText(duration) ? { type, duration } : undefined;
}

function isDateOrNone(value: unknown): boolean {
  return value === undefined || value instanceof Date;
}
