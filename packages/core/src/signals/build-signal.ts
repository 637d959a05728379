import type { Signal } from '../capi/wire.js';
import { formatGoDuration } from '../decisions/go-duration.js';
import { CrowdsecError, isCrowdsecError } from '../errors.js';
import { ONE_TARGET } from '../fields.js';
import { formatPrefix, parsePrefix, type IpPrefix } from '../ip/prefix.js';
import type { JsonValue } from '../store/store.js';
import { addressText, MESSAGE_LENGTH, namedTarget, visitorContext, visitorText } from '../visitor-text.js';
import type { Report, SignalKind, Whisper } from './report.js';
import { readReport } from './report-schema.js';

/** The last moment that RFC 3339, and so CAPI, can write: the end of the year 9999. */
const LAST_MOMENT_MS = 253_402_300_799_999;

/** A checked report. What is wrong with its address is the visitor's doing, not the caller's: that refuses it, and throws nothing. */
export interface CheckedReport {
  readonly kind: SignalKind;
  readonly scenario: string;
  /** The address or range as it was given, cut to 100 characters. */
  readonly address: string;
  /** `undefined` when it is neither. */
  readonly prefix: IpPrefix | undefined;
  readonly facts: SignalFacts;
}

/** What a signal is made of; two about the same can be merged. */
export interface SignalFacts {
  readonly scenario: string;
  readonly scope: 'Ip' | 'Range';
  /** In canonical spelling. */
  readonly value: string;
  readonly message: string | undefined;
  readonly events: number;
  /** Moments in ms since the epoch. */
  readonly createdAt: number;
  readonly startAt: number;
  readonly stopAt: number;
  readonly context: readonly (readonly [key: string, value: string])[];
  readonly decision: { readonly type: string; readonly duration: string } | undefined;
}

/**
 * Checks a report. What only the developer can get wrong throws; what a visitor can bring about (any text, any address or none, a moment that
 * is none) is cut, left out or refused.
 *
 * @param context.declared the scenarios that were declared at login
 * @param context.path what the report is called in messages
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` or `CROWDSEC_SCENARIO_UNDECLARED`
 */
export function checkReport(
  input: Report | Whisper,
  kind: SignalKind,
  context: { readonly declared: ReadonlySet<string>; readonly now: number; readonly path: string },
): CheckedReport {
  const { now, path, declared } = context;
  const report = readReport(input, kind, context);
  const { scenario } = report;
  if (!declared.has(scenario)) {
    throw new CrowdsecError(
      'CROWDSEC_SCENARIO_UNDECLARED',
      `${path}.scenario: "${scenario}" is not declared; add it to the \`scenarios\` option, which tells CAPI at login what to expect.`,
      { path: `${path}.scenario` },
    );
  }
  const target = namedTarget(input);
  if (target === undefined) throw new CrowdsecError('CROWDSEC_OPTION_INVALID', `${path}: ${ONE_TARGET}`, { path });
  const address = addressText(target.given);
  // A longer one is no address: none is cut to something that is.
  const parsed = target.given === address ? parsePrefix(address) : undefined;
  // Written anew: the text that was given may hold on to a longer one, such as the header that it was cut from.
  const value = parsed === undefined ? address : formatPrefix(parsed);
  const scope = value.includes('/') ? 'Range' : 'Ip';
  const stopAt = momentOf(report.stopAt) ?? now;
  const message = visitorText(report.message, MESSAGE_LENGTH);
  return {
    kind,
    scenario,
    address,
    // A CIDR is no ip, but an address is a fine range of one.
    prefix: target.kind === 'ip' && scope === 'Range' ? undefined : parsed,
    facts: {
      scenario,
      scope,
      value,
      message: message === '' ? undefined : message,
      events: report.eventCount,
      createdAt: now,
      startAt: Math.min(momentOf(report.startAt) ?? stopAt, stopAt),
      stopAt,
      context: visitorContext(report.context),
      decision: report.decision,
    },
  };
}

/** A moment that can be written on the wire, in ms since the epoch; `undefined` for a date that is none. */
function momentOf(date: Date | undefined): number | undefined {
  const ms = date?.getTime() ?? Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), LAST_MOMENT_MS);
}

/** Two tellings of the same in one: their events are added up, the later one has the last word. */
export function mergeFacts(first: SignalFacts, later: SignalFacts): SignalFacts {
  const { scenario, scope, value, message, context, decision } = later;
  // One by one: a literal that starts with a spread takes ten times as long, and requests wait for this.
  return {
    scenario,
    scope,
    value,
    message,
    events: first.events + later.events,
    createdAt: first.createdAt,
    startAt: Math.min(first.startAt, later.startAt),
    stopAt: Math.max(first.stopAt, later.stopAt),
    context,
    decision,
  };
}

/** The signal as CAPI takes it, but for the machine that sends it. */
export function buildSignal(facts: SignalFacts, uuid: string): Signal {
  const { scenario, scope, value, decision } = facts;
  return {
    uuid,
    message: facts.message ?? defaultMessage(facts),
    events_count: facts.events,
    scenario,
    scenario_hash: '',
    scenario_version: '',
    scenario_trust: 'manual',
    created_at: iso(facts.createdAt),
    start_at: iso(facts.startAt),
    stop_at: iso(facts.stopAt),
    source: { scope, value, ...(scope === 'Ip' ? { ip: value } : { range: value }) },
    context: facts.context.map(([key, value]) => ({ key, value })),
    ...(decision === undefined
      ? {}
      : { decisions: [{ uuid, id: 0, origin: 'crowdsec', ...decision, scenario, scope, value, simulated: false }] }),
  };
}

/** A signal read back from the journal. What we wrote there was checked when it was reported. */
export function signalFromJournal(value: JsonValue): Signal {
  return value as unknown as Signal;
}

/** True for what can be a signal: the journal sets anything else aside. */
export function isJournaledSignal(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { uuid, scenario, created_at, source } = value as Partial<Record<keyof Signal, unknown>>;
  const isDated = typeof created_at === 'string' && !Number.isNaN(Date.parse(created_at));
  const hasSource = typeof source === 'object' && source !== null;
  return typeof uuid === 'string' && typeof scenario === 'string' && isDated && hasSource;
}

export function signalToJournal(signal: Signal): JsonValue {
  return signal as unknown as JsonValue;
}

/** CAPI refuses the call for what is in it, so sending the same again is no use. */
export function isContentRefusal(error: unknown): boolean {
  if (!isCrowdsecError(error, 'CROWDSEC_API_STATUS')) return false;
  return error.refusesContent ?? [400, 413, 422].includes(error.status ?? 0);
}

function defaultMessage({ scope, value, scenario, events, startAt, stopAt }: SignalFacts): string {
  const count = `${events} event${events === 1 ? '' : 's'}`;
  return `${scope} ${value} performed '${scenario}' (${count} over ${formatGoDuration(stopAt - startAt)})`;
}

function iso(ms: number): string {
  if (ms !== lastMoment) {
    lastIso = new Date(ms).toISOString();
    lastMoment = ms;
  }
  return lastIso;
}

/** The moment written last: the three of a signal are most often the same. */
let lastMoment = Number.NaN;
let lastIso = '';
