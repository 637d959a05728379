import { formatGoDuration, LOCAL_ORIGIN, type StoredDecisions } from '@crowdsec-sdk/core/installation';

/** A decision as the command shows it, of whatever origin. */
export interface ShownDecision {
  /** `CAPI`, `lists:<name>`, or `crowdsec` for one of this installation. */
  readonly origin: string;
  readonly scope: string;
  readonly value: string;
  readonly scenario: string;
  readonly type: string;
  /** Of an allowlist: it beats every decision. */
  readonly allow: boolean;
  /** In ms since the epoch; absent when it never ends. */
  readonly expiresAt?: number;
}

/** The decisions of this installation. */
export function ownDecisions({ local }: Pick<StoredDecisions, 'local'>): readonly ShownDecision[] {
  return local.map(({ value, type, scenario, expiresAt }) => ({
    origin: LOCAL_ORIGIN,
    scope: value.includes('/') ? 'range' : 'ip',
    value,
    scenario,
    type,
    allow: false,
    expiresAt,
  }));
}

/** As `cscli` heads its table; ids, countries and counts of events are not known of decisions that are not our own. */
export const DECISION_COLUMNS = ['Source', 'Scope:Value', 'Reason', 'Action', 'expiration'] as const;

export function decisionRow(decision: ShownDecision, now: number): readonly string[] {
  const { origin, scope, value, scenario } = decision;
  return [origin, `${scopeName(scope)}:${value}`, scenario, actionOf(decision), timeLeft(decision.expiresAt, now)];
}

/** For machines: the fields of `cscli`, and the end as a moment. */
export function decisionData(decision: ShownDecision, now: number): object {
  const { origin, scope, value, scenario, expiresAt } = decision;
  return {
    origin,
    scope: scopeName(scope),
    value,
    scenario,
    type: actionOf(decision),
    duration: timeLeft(expiresAt, now),
    until: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
  };
}

export function actionOf({ allow, type }: Pick<ShownDecision, 'allow' | 'type'>): string {
  return allow ? 'allow' : type;
}

/** As CrowdSec spells scopes. */
export function scopeName(scope: string): string {
  return scope === 'as' ? 'AS' : scope.charAt(0).toUpperCase() + scope.slice(1);
}

/** How long something still holds, in whole seconds: `3h59m51s`. */
export function timeLeft(expiresAt: number | undefined, now: number): string {
  if (expiresAt === undefined) return 'never';
  return formatGoDuration(Math.max(0, Math.ceil((expiresAt - now) / 1000)) * 1000);
}
