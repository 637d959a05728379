import { randomUUID } from 'node:crypto';
import type { TimeSource } from '../clock.js';
import type { DecisionDatabase, LapiDecisionInput } from './decision-database.js';
import { normalizedScope } from './decision-database.js';

/** An alert that was accepted, with what the engine made of it. */
export interface LapiAlert {
  readonly id: number;
  readonly uuid: string;
  readonly machineId: string;
  /** In ms since the epoch. */
  readonly createdAt: number;
  /** As it was pushed. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a push of alerts is answered: ids as strings, or an error with its status. */
export type AlertsAnswer =
  | { readonly status: 201; readonly ids: readonly string[] }
  | { readonly status: 400 | 500; readonly message: string };

/** How the default profile decides: an IP that an alert asks to remediate is banned for four hours. */
const PROFILE_DURATION = '4h';

const REQUIRED = [
  'capacity',
  'events',
  'events_count',
  'leakspeed',
  'message',
  'scenario',
  'scenario_hash',
  'scenario_version',
  'simulated',
  'source',
  'start_at',
  'stop_at',
] as const;

const DECISION_REQUIRED = ['duration', 'origin', 'scenario', 'scope', 'type', 'value'] as const;

/** The alerts of an engine; accepting one may make decisions. */
export class Alerts {
  readonly #clock: TimeSource;
  readonly #decisions: DecisionDatabase;
  readonly #profiles: boolean;
  readonly #isAllowed: (value: string) => boolean;
  #alerts: LapiAlert[] = [];
  #reasonToReject: (body: LapiAlert['body']) => string | undefined = () => undefined;
  #nextId = 1;

  /**
   * @param options.profiles whether the default profile decides about alerts that bring no decisions
   * @param options.isAllowed whether an address is on an allowlist; throws for what is none
   */
  constructor(
    clock: TimeSource,
    decisions: DecisionDatabase,
    options: { readonly profiles: boolean; readonly isAllowed: (value: string) => boolean },
  ) {
    this.#clock = clock;
    this.#decisions = decisions;
    this.#profiles = options.profiles;
    this.#isAllowed = options.isAllowed;
  }

  all(): readonly LapiAlert[] {
    return this.#alerts;
  }

  /** Refuses each push that holds an alert for which this gives a reason. */
  reject(reasonOf: (body: LapiAlert['body']) => string | undefined): void {
    this.#reasonToReject = reasonOf;
  }

  /** Takes a batch, all of it or nothing; resends are taken again, for the engine does not recognise them. */
  push(body: unknown, machineId: string): AlertsAnswer {
    if (!Array.isArray(body)) return { status: 400, message: 'json: cannot unmarshal object into Go value' };
    const problems = body.flatMap((alert: unknown, index) => problemsOf(alert, index));
    if (problems.length > 0) return { status: 500, message: `validation failure list:\n${problems.join('\n')}` };
    for (const alert of body as Record<string, unknown>[]) {
      const reason = this.#reasonToReject(alert);
      if (reason !== undefined) return { status: 500, message: reason };
    }
    const ids: string[] = [];
    for (const alert of body as Record<string, unknown>[]) {
      const id = this.#accept(alert, machineId);
      if (id !== undefined) ids.push(String(id));
    }
    return { status: 201, ids };
  }

  /** Removes alerts with their decisions; no stream ever tells of it. */
  delete(isWanted: (alert: LapiAlert) => boolean): number {
    const gone = this.#alerts.filter(isWanted);
    const ids = new Set(gone.map(({ id }) => id));
    this.#alerts = this.#alerts.filter(({ id }) => !ids.has(id));
    this.#decisions.erase(({ alertId }) => alertId !== undefined && ids.has(alertId));
    return gone.length;
  }

  #accept(body: Readonly<Record<string, unknown>>, machineId: string): number | undefined {
    const given = Array.isArray(body.decisions) ? (body.decisions as LapiDecisionInput[]) : [];
    const usable = given.filter(isUsable);
    // An alert of which no decision is left is dropped: fewer ids than alerts come back.
    if (given.length > 0 && usable.length === 0) return undefined;
    if (given.length === 0 && this.#isAboutAllowed(body)) return undefined;
    const id = this.#nextId++;
    this.#alerts.push({ id, uuid: randomUUID(), machineId, createdAt: this.#clock.now(), body });
    this.#decisions.add(usable.length > 0 ? usable : this.#byProfile(body), stopAt(body, this.#clock.now()), id);
    return id;
  }

  #isAboutAllowed(body: Readonly<Record<string, unknown>>): boolean {
    const { value } = body.source as { value?: unknown };
    return typeof value === 'string' && isUsable({ scope: 'Ip', value }) && this.#isAllowed(value);
  }

  #byProfile(body: Readonly<Record<string, unknown>>): readonly LapiDecisionInput[] {
    const { scope, value } = body.source as { scope?: unknown; value?: unknown };
    if (!this.#profiles || body.remediation !== true || body.simulated === true) return [];
    if (normalizedScope(String(scope)) !== 'Ip' || typeof value !== 'string') return [];
    const scenario = String(body.scenario);
    return [{ value, scope: 'Ip', type: 'ban', duration: PROFILE_DURATION, origin: 'crowdsec', scenario }];
  }
}

/** A decision ends its duration after the alert's `stop_at`, not after its arrival; an unreadable one counts as now. */
function stopAt({ stop_at: text }: Readonly<Record<string, unknown>>, now: number): number {
  const at = Date.parse(String(text));
  return Number.isNaN(at) ? now : at;
}

function isUsable({ scope, value }: LapiDecisionInput): boolean {
  return !/^(ip|range)$/i.test(String(scope)) || /^[0-9a-f.:]+(\/\d+)?$/i.test(value);
}

function problemsOf(alert: unknown, index: number): readonly string[] {
  const fields = (alert ?? {}) as Record<string, unknown>;
  const isMissing = (key: string): boolean => fields[key] === undefined || fields[key] === null;
  const missing = REQUIRED.filter(isMissing).map((key) => `${index}.${key} in body is required`);
  const decisions = Array.isArray(fields.decisions) ? (fields.decisions as Record<string, unknown>[]) : [];
  const inside = decisions.flatMap((decision, at) =>
    DECISION_REQUIRED.filter((key) => decision[key] === undefined || decision[key] === null).map(
      (key) => `${index}.decisions.${at}.${key} in body is required`,
    ),
  );
  return [...missing, ...inside];
}
