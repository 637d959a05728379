import * as z from 'zod';
import type { Clock } from '../clock.js';
import type { LocalDecisionRequest, LocalDecisionResult } from '../decide.js';
import { CrowdsecError } from '../errors.js';
import { contextField, goDurationField, remediationField } from '../fields.js';
import { clientPrefix } from '../ip/client-prefix.js';
import { parsePrefix } from '../ip/prefix.js';
import type { Receipt, Report, Whisper } from '../signals/report.js';
import { validate } from '../validate.js';
import { cutOutcome } from './cut-outcome.js';
import type { DetectionEvent } from './detection-event.js';
import type { Detector, Outcome } from './detector.js';
import { HourlyCap } from './hourly-cap.js';

const DEFAULT_CAP_PER_HOUR = 1_000;

/** Why nothing was done about an outcome. */
export type Suppression = 'non-public-ip' | 'own-ip' | 'allowlisted-ip' | 'capped' | 'dry-run';

/** What extensions act by: the agent. */
export interface Actions {
  /** Why an address is never acted on; `undefined` when it may be. */
  reasonNotReportable(address: string): Exclude<Suppression, 'capped' | 'dry-run'> | undefined;
  decide(decision: LocalDecisionRequest): LocalDecisionResult;
  report(report: Report): Receipt;
  whisper(whisper: Whisper): Receipt;
}

/** What became of an outcome. */
export interface ActionResult {
  readonly ip: string;
  readonly scenario: string;
  readonly signal?: 'decision' | 'whisper';
  readonly decision?: { readonly value: string; readonly type: string; readonly duration: string };
  /** Absent when it was acted on. */
  readonly suppressed?: Suppression;
}

const outcomeSchema = z
  .strictObject({
    scenario: z.string(),
    signal: z.enum(['decision', 'whisper'], { error: "must be 'decision' or 'whisper'" }).optional(),
    decision: z
      .strictObject({ type: remediationField.default('ban'), duration: goDurationField('4h').default('4h') })
      .optional(),
    message: z.string().max(1_000).optional(),
    eventCount: z.number().int().min(1).optional(),
    startAt: z.number().min(0, 'must be a moment in ms since the epoch').optional(),
    context: contextField.optional(),
  })
  .refine(
    ({ signal, decision }) => signal !== undefined || decision !== undefined,
    'must have a signal, a decision, or both',
  );

/** Acts on what the detectors of one extension find, within what extensions may. */
export class OutcomeExecutor {
  readonly #scenarios: readonly string[];
  readonly #actions: Actions;
  readonly #caps: ReadonlyMap<string, Caps>;

  constructor(options: { readonly scenarios: readonly string[]; readonly actions: Actions; readonly clock: Clock }) {
    this.#scenarios = options.scenarios;
    this.#actions = options.actions;
    const createCaps = (): Caps => ({ decision: new HourlyCap(options.clock), whisper: new HourlyCap(options.clock) });
    this.#caps = new Map(options.scenarios.map((scenario) => [scenario, createCaps()]));
  }

  /** The scenarios whose share of this hour is spent. */
  get spent(): readonly string[] {
    return [...this.#caps]
      .filter(([, { decision, whisper }]) => decision.isSpent || whisper.isSpent)
      .map(([scenario]) => scenario);
  }

  /**
   * Why nothing may be done about an address or range now; takes one of the hour's share when something may. Whispers have a share of
   * their own: cheap to cause, they must not spend that of decisions.
   */
  suppression(
    address: string,
    scenario: string,
    kind: 'decision' | 'whisper',
    limit = DEFAULT_CAP_PER_HOUR,
  ): Suppression | undefined {
    const reason = this.#actions.reasonNotReportable(address);
    if (reason !== undefined) return reason;
    return this.#caps.get(scenario)?.[kind].take(limit, networkOf(address)) === false ? 'capped' : undefined;
  }

  /**
   * Acts on an outcome about the client of an event.
   *
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` or `CROWDSEC_SCENARIO_UNDECLARED` for what no outcome may say
   */
  execute(
    given: Outcome,
    event: DetectionEvent,
    { dryRun, capPerHour }: Pick<Detector, 'dryRun' | 'capPerHour'>,
  ): ActionResult {
    const outcome = validate(outcomeSchema, cutOutcome(given), 'outcome');
    const { scenario, signal, decision } = outcome;
    this.checkScenario(scenario, 'outcome');
    const { ip } = event;
    const result: ActionResult = {
      ip,
      scenario,
      ...(signal && { signal }),
      ...(decision && { decision: { ...decision, value: this.#decisionTarget(ip) } }),
    };
    const kind = decision === undefined && signal === 'whisper' ? 'whisper' : 'decision';
    const suppressed = dryRun ? 'dry-run' : this.suppression(ip, scenario, kind, capPerHour);
    if (suppressed !== undefined) return { ...result, suppressed };
    if (result.decision !== undefined) this.#decide(result.decision, scenario);
    if (signal !== undefined) this.#sendSignal(outcome, event);
    return result;
  }

  /** @throws CrowdsecError `CROWDSEC_SCENARIO_UNDECLARED` for one that the extension has not declared */
  checkScenario(scenario: string, path: string): void {
    if (this.#caps.has(scenario)) return;
    const text = `${path}.scenario: "${scenario}" is none that the extension declares (${this.#scenarios.join(', ')})`;
    throw new CrowdsecError('CROWDSEC_SCENARIO_UNDECLARED', text, { path: `${path}.scenario` });
  }

  /** The address or, with IPv6, its /64, which one client has to itself, unless we have a part of it. */
  #decisionTarget(ip: string): string {
    const client = clientPrefix(ip);
    return this.#actions.reasonNotReportable(client) === undefined ? client : ip;
  }

  #decide({ value, type, duration }: NonNullable<ActionResult['decision']>, scenario: string): void {
    this.#actions.decide({ ...(value.includes('/') ? { range: value } : { ip: value }), type, duration, scenario });
  }

  #sendSignal(outcome: z.output<typeof outcomeSchema>, { ip, at }: DetectionEvent): void {
    const { scenario, signal, decision, message, eventCount, startAt, context } = outcome;
    const facts: Whisper = {
      ip,
      scenario,
      stopAt: new Date(at),
      startAt: new Date(Math.min(startAt ?? at, at)),
      ...(message !== undefined && { message }),
      ...(eventCount !== undefined && { eventCount }),
      ...(context !== undefined && { context }),
    };
    if (signal === 'whisper') this.#actions.whisper(facts);
    else this.#actions.report({ ...facts, ...(decision && { decision }) });
  }
}

interface Caps {
  readonly decision: HourlyCap;
  readonly whisper: HourlyCap;
}

/** What neighbours share: a /24 or, with IPv6, the /48 that a site gets. */
function networkOf(address: string): string {
  const parsed = parsePrefix(address);
  if (parsed === undefined) return address;
  const [high = 0, low = 0] = parsed.words;
  return parsed.family === 4 ? `${high >>> 8}` : `${high}:${low >>> 16}`;
}
