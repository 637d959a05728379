import { attemptsLastHour, recordedFailure, stoppedUntil, type SessionRecord } from './login-budget.js';
import { SKEW_WORTH_TELLING_MS } from './server-clock.js';
import type { SessionState } from './session-options.js';
import type { Token } from './token.js';

/** What is known of a session, as data: of what this process has seen, and of what others have written down. */
export function sessionState(known: {
  readonly record: SessionRecord;
  readonly machine: { readonly machineId: string; readonly status: 'pending' | 'validated' } | undefined;
  readonly token: Token | undefined;
  /** Why the last call of this process got no token. */
  readonly failure: SessionState['failure'];
  readonly skewMs: number;
  readonly now: number;
}): SessionState {
  const { record, machine, token, skewMs, now } = known;
  const until = stoppedUntil(record, now);
  const { stop } = record;
  const failure = known.failure ?? recordedFailure(record);
  const rejected = until !== undefined && stop?.code === 'CROWDSEC_CREDENTIALS_REJECTED';
  return {
    identity: rejected ? 'credentials-rejected' : (machine?.status ?? 'none'),
    ...(machine === undefined ? {} : { machineId: machine.machineId }),
    ...(token === undefined ? {} : { tokenExpiresAt: token.expiresAt }),
    loginsLastHour: attemptsLastHour(record.logins, now),
    ...(Math.abs(skewMs) > SKEW_WORTH_TELLING_MS ? { clockSkewMs: skewMs } : {}),
    ...(failure === undefined ? {} : { failure }),
    ...(until === undefined || stop === undefined ? {} : { stop: { code: stop.code, message: stop.message, until } }),
  };
}
