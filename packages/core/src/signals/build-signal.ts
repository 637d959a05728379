import { z } from 'zod';
import type { JsonValue } from '../store/store.js';
import type { Signal } from '../capi/wire.js';
import { formatGoDuration, parseGoDuration } from '../decisions/go-duration.js';
import { CrowdsecError, isCrowdsecError } from '../errors.js';
import { formatPrefix, parsePrefix, type IpPrefix } from '../ip/prefix.js';
import { validate } from '../validate.js';
import type { Report, SignalKind, Whisper } from './report.js';

/** The naming rule of the network for what we report. */
const SCENARIO = /^[a-z0-9_-]+\/[a-z0-9_-]+$/;

/** @see the Python and PHP guides: a ban of four hours is the usual decision */
const DEFAULT_DECISION = { type: 'ban', duration: '4h' };

const whisperShape = {
  ip: z.string().max(100).optional(),
  range: z.string().max(100).optional(),
  scenario: z.string().regex(SCENARIO, 'must look like mysecmodule/login-bruteforce: lower-case letters, digits, - and _'),
  message: z.string().max(1_000).optional(),
  eventCount: z.number().int().min(1).default(1),
  startAt: z.date().optional(),
  stopAt: z.date().optional(),
  context: z
    .record(z.string().min(1).max(255), z.union([z.string().max(4_000), z.number(), z.boolean()]))
    .refine((context) => Object.keys(context).length <= 20, 'must have at most 20 pairs')
    .default({}),
};

const oneAddress = { error: 'give either an ip or a range' };
const hasOneAddress = (input: { ip?: string | undefined; range?: string | undefined }): boolean =>
  (input.ip === undefined) !== (input.range === undefined);

const whisperSchema = z.strictObject(whisperShape).refine(hasOneAddress, oneAddress);
const reportSchema = z
  .strictObject({
    ...whisperShape,
    decision: z
      .strictObject({
        type: z.string().min(1, 'must not be empty').max(50),
        duration: z.string().refine((text) => (parseGoDuration(text) ?? 0) > 0, 'must be a Go duration of more than zero, such as 4h or 30m'),
      })
      .default(DEFAULT_DECISION),
  })
  .refine(hasOneAddress, oneAddress);

/** A checked report. What is wrong with its address is the visitor's doing, not the caller's: that refuses it, and throws nothing. */
export interface CheckedReport {
  readonly kind: SignalKind;
  /** As it was given. */
  readonly address: string;
  /** `undefined` when it is no address. */
  readonly prefix: IpPrefix | undefined;
  readonly scenario: string;
  /** The signal for CAPI; call it once the report is taken. */
  build(uuid: string): Signal;
}

/**
 * Checks a report and makes a signal of it.
 *
 * @param declared the scenarios that were told at login
 * @param path what the report is called in messages
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` or `CROWDSEC_SCENARIO_UNDECLARED`
 */
export function checkReport(
  input: Report | Whisper,
  kind: SignalKind,
  context: { readonly declared: ReadonlySet<string>; readonly now: number; readonly path: string },
): CheckedReport {
  const report = validate(kind === 'decision' ? reportSchema : whisperSchema, input, context.path);
  const { scenario } = report;
  if (!context.declared.has(scenario)) {
    throw new CrowdsecError(
      'CROWDSEC_SCENARIO_UNDECLARED',
      `${context.path}.scenario: "${scenario}" is not declared; add it to the \`scenarios\` option, which tells CAPI at login what to expect.`,
      { path: `${context.path}.scenario` },
    );
  }
  const address = report.ip ?? report.range ?? '';
  const prefix = parsePrefix(address);
  const isWhole = prefix !== undefined && !formatPrefix(prefix).includes('/');
  const stopAt = report.stopAt?.getTime() ?? context.now;
  const startAt = Math.min(report.startAt?.getTime() ?? stopAt, stopAt);
  const decision = kind === 'decision' ? (report as z.output<typeof reportSchema>).decision : undefined;

  return {
    kind,
    address,
    // A CIDR is no ip, but an address is a fine range of one.
    prefix: report.ip !== undefined && !isWhole ? undefined : prefix,
    scenario,
    build(uuid) {
      const value = prefix === undefined ? address : formatPrefix(prefix);
      const scope = isWhole ? 'Ip' : 'Range';
      return {
        uuid,
        message: report.message ?? messageFor({ scope, value, scenario, events: report.eventCount, overMs: stopAt - startAt }),
        scenario,
        scenario_hash: '',
        scenario_version: '',
        scenario_trust: 'manual',
        created_at: iso(context.now),
        start_at: iso(startAt),
        stop_at: iso(stopAt),
        source: { scope, value, ...(scope === 'Ip' ? { ip: value } : { range: value }) },
        context: Object.entries(report.context).map(([key, fact]) => ({ key, value: String(fact) })),
        ...(decision === undefined
          ? {}
          : {
              decisions: [
                { uuid, id: 0, origin: 'crowdsec', type: decision.type, duration: decision.duration, scenario, scope, value, simulated: false },
              ],
            }),
      };
    },
  };
}

/** A signal read back from the journal. What we wrote there was checked when it was reported. */
export function signalFromJournal(value: JsonValue): Signal {
  return value as unknown as Signal;
}

export function signalToJournal(signal: Signal): JsonValue {
  return signal as unknown as JsonValue;
}

/** CAPI refuses the call for what is in it, so sending the same again is no use. */
export function isContentRefusal(error: unknown): boolean {
  return isCrowdsecError(error, 'CROWDSEC_API_STATUS') && [400, 413, 422].includes(error.status ?? 0);
}

function messageFor(facts: { scope: string; value: string; scenario: string; events: number; overMs: number }): string {
  const events = `${facts.events} event${facts.events === 1 ? '' : 's'}`;
  return `${facts.scope} ${facts.value} performed '${facts.scenario}' (${events} over ${formatGoDuration(facts.overMs)})`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
