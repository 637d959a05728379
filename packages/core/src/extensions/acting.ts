import { z } from 'zod';
import type { Clock } from '../clock.js';
import type { LocalDecisionRequest, LocalDecisionResult } from '../decide.js';
import { parseGoDuration } from '../decisions/go-duration.js';
import { CrowdsecError } from '../errors.js';
import { formatPrefix, parsePrefix } from '../ip/prefix.js';
import type { Receipt, Report, Whisper } from '../signals/report.js';
import { validate } from '../validate.js';
import type { DetectionEvent } from './detection-event.js';
import type { Detector, Outcome } from './detector.js';
import { HourlyCap } from './hourly-cap.js';

export const DEFAULT_CAP_PER_HOUR = 1_000;

/** Why nothing was done about an outcome. */
export type Suppression = 'non-public-ip' | 'own-ip' | 'allowlisted-ip' | 'capped' | 'dry-run';

/** What extensions act by: the agent. */
export interface Actions {
  /** Why an address is never acted on; `undefined` when it may be. */
  shielded(address: string): Exclude<Suppression, 'capped' | 'dry-run'> | undefined;
  decide(decision: LocalDecisionRequest): LocalDecisionResult;
  report(report: Report): Receipt;
  whisper(whisper: Whisper): Receipt;
}

/** What became of an outcome. */
export interface Deed {
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
      .strictObject({
        type: z.string().trim().min(1, 'must not be empty').max(50).default('ban'),
        duration: z
          .string()
          .refine((text) => (parseGoDuration(text) ?? 0) > 0, 'must be a Go duration of more than zero, such as 4h')
          .default('4h'),
      })
      .optional(),
    message: z.string().max(1_000).optional(),
    eventCount: z.number().int().min(1).optional(),
    startAt: z.number().optional(),
    context: z
      .record(z.string().min(1).max(255), z.union([z.string().max(4_000), z.number(), z.boolean()]))
      .refine((context) => Object.keys(context).length <= 20, 'must have at most 20 pairs')
      .optional(),
  })
  .refine(({ signal, decision }) => signal !== undefined || decision !== undefined, 'must have a signal, a decision, or both');

/** Acts on what the detectors of one extension find, within what extensions may. */
export class Acting {
  readonly #scenarios: readonly string[];
  readonly #actions: Actions;
  readonly #caps: ReadonlyMap<string, HourlyCap>;

  constructor(options: { readonly scenarios: readonly string[]; readonly actions: Actions; readonly clock: Clock }) {
    this.#scenarios = options.scenarios;
    this.#actions = options.actions;
    this.#caps = new Map(options.scenarios.map((scenario) => [scenario, new HourlyCap(options.clock)]));
  }

  /** The scenarios whose share of this hour is spent. */
  get spent(): readonly string[] {
    return this.#scenarios.filter((scenario) => this.#caps.get(scenario)?.isSpent);
  }

  /** Why nothing may be done about an address now; takes one of the hour's share when something may. */
  suppression(address: string, scenario: string, limit = DEFAULT_CAP_PER_HOUR): Suppression | undefined {
    const shield = this.#actions.shielded(address);
    if (shield !== undefined) return shield;
    return this.#caps.get(scenario)?.take(limit) === false ? 'capped' : undefined;
  }

  /**
   * Acts on an outcome about the client of an event.
   *
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` or `CROWDSEC_SCENARIO_UNDECLARED` for what no outcome may say
   */
  act(given: Outcome, event: DetectionEvent, { dryRun, capPerHour }: Pick<Detector, 'dryRun' | 'capPerHour'>): Deed {
    const outcome = validate(outcomeSchema, given, 'outcome');
    const { scenario, signal, decision } = outcome;
    this.checkScenario(scenario, 'outcome');
    const { ip } = event;
    const deed: Deed = {
      ip,
      scenario,
      ...(signal && { signal }),
      ...(decision && { decision: { ...decision, value: whomToDecideAbout(ip) } }),
    };
    const suppressed = dryRun ? 'dry-run' : this.suppression(ip, scenario, capPerHour);
    if (suppressed !== undefined) return { ...deed, suppressed };
    if (deed.decision !== undefined) this.#decide(deed.decision, scenario);
    if (signal !== undefined) this.#tell(outcome, event);
    return deed;
  }

  /** @throws CrowdsecError `CROWDSEC_SCENARIO_UNDECLARED` for one that the extension has not declared */
  checkScenario(scenario: string, path: string): void {
    if (this.#caps.has(scenario)) return;
    const text = `${path}.scenario: "${scenario}" is none that the extension declares (${this.#scenarios.join(', ')})`;
    throw new CrowdsecError('CROWDSEC_SCENARIO_UNDECLARED', text, { path: `${path}.scenario` });
  }

  #decide({ value, type, duration }: NonNullable<Deed['decision']>, scenario: string): void {
    this.#actions.decide({ ...(value.includes('/') ? { range: value } : { ip: value }), type, duration, scenario });
  }

  #tell(outcome: z.output<typeof outcomeSchema>, { ip, at }: DetectionEvent): void {
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

/** The address or, with IPv6, its /64: one client has all of it. */
function whomToDecideAbout(ip: string): string {
  if (!ip.includes(':')) return ip;
  const prefix = parsePrefix(`${ip}/64`);
  return prefix === undefined ? ip : formatPrefix(prefix);
}
