import type { Clock } from '../clock.js';
import { CrowdsecError, isCrowdsecError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Lease } from '../store/store.js';
import type { Credentials } from './credentials.js';
import {
  answered,
  attempted,
  healed,
  HOUR_MS,
  NEW_RECORD,
  postponed,
  refuseBeyondBudget,
  type SessionRecord,
  type Stop,
} from './login-budget.js';
import { outcomeOf, type RegistrationOutcome } from './registration.js';
import type { SessionMemory } from './session-memory.js';
import { scenariosToDeclare, tokenFromAnswer, type Token } from './token.js';
import type { Transport } from './transport.js';

/** Register and login answer fast or not at all. */
const CALL_TIMEOUT_MS = 10_000;
/** The lease outlives each of these calls. */
export const SESSION_LEASE_MS = CALL_TIMEOUT_MS + 5_000;

export interface WatcherCallsOptions {
  readonly memory: SessionMemory;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly scenarios: readonly string[];
  readonly timeoutMs: number;
  readonly onRegistered?: (details: { readonly machineId: string }) => void;
}

/** A login that CAPI answered: with a token, or with the status of a refusal. */
export type LoginOutcome = { readonly token: Token } | { readonly refused: 401 | 403 };

/**
 * The two calls that need no token: register and login. Each is counted in the record, and the record stored, before it leaves.
 */
export class WatcherCalls {
  readonly #options: WatcherCallsOptions;
  /** As it was last read or written. */
  record: SessionRecord = NEW_RECORD;

  constructor(options: WatcherCallsOptions) {
    this.#options = options;
  }

  /**
   * Reads the record; under a lease, one of a clock that ran ahead is written back healed, and so is the one that this process
   * knows when the store was emptied: that gives nobody a second budget.
   */
  async load(lease?: Lease): Promise<{ readonly wasHealed: boolean }> {
    const stored = await this.#options.memory.record();
    this.record = healed(stored === NEW_RECORD ? this.record : stored, this.#options.clock.now());
    const wasHealed = this.record !== stored;
    if (wasHealed && lease !== undefined) await this.remember(lease, this.record);
    return { wasHealed };
  }

  async remember(lease: Lease, record: SessionRecord): Promise<void> {
    await this.#options.memory.putRecord(lease, record);
    this.record = record;
  }

  /** All calls rest from now on. Returns the error to throw. */
  async stop(lease: Lease, stop: Omit<Stop, 'since'>, cause?: unknown): Promise<CrowdsecError> {
    const since = this.#options.clock.now();
    const nextAt = since + stop.forMs;
    await this.remember(lease, { ...this.record, stop: { since, ...stop } });
    this.#options.logger.error(`${stop.message} Nothing is sent before ${new Date(nextAt).toISOString()}.`);
    return new CrowdsecError(stop.code, stop.message, { nextAt, cause });
  }

  /** @throws CrowdsecError when the answer settles nothing */
  async register(lease: Lease, pair: Credentials): Promise<RegistrationOutcome> {
    const { clock, onRegistered } = this.#options;
    refuseBeyondBudget(this.record.registrations, clock.now(), 'CROWDSEC_REGISTRATION_FAILED');
    await this.#beforeCall(lease);
    await this.remember(lease, { ...this.record, registrations: attempted(this.record.registrations, clock.now()) });
    const outcome = await this.#askToRegister(lease, pair);
    if (outcome === 'taken') onRegistered?.({ machineId: pair.machineId });
    if (outcome !== 'unanswered') {
      await this.remember(lease, { ...this.record, registrations: answered(this.record.registrations) });
    }
    return outcome;
  }

  /** @throws CrowdsecError when CAPI neither gave a token nor refused the pair */
  async login(lease: Lease, pair: Credentials, previous: Token | undefined): Promise<LoginOutcome> {
    const { clock, scenarios } = this.#options;
    refuseBeyondBudget(this.record.logins, clock.now(), 'CROWDSEC_LOGIN_BUDGET');
    await this.#beforeCall(lease);
    await this.remember(lease, { ...this.record, logins: attempted(this.record.logins, clock.now()) });
    const sameMachine = previous?.machineId === pair.machineId ? previous : undefined;
    const declared = scenariosToDeclare(scenarios, sameMachine, clock.now());
    try {
      const body = { ...inWords(pair), scenarios: Object.keys(declared) };
      return { token: tokenFromAnswer(await this.#post('/v3/watchers/login', body), pair.machineId, declared) };
    } catch (error) {
      const status = isCrowdsecError(error, 'CROWDSEC_API_STATUS') ? error.status : undefined;
      if (status === 401 || status === 403) {
        await this.remember(lease, { ...this.record, logins: answered(this.record.logins) });
        return { refused: status };
      }
      await this.remember(lease, { ...this.record, logins: postponed(this.record.logins, retryAfterOf(error)) });
      throw error;
    }
  }

  async #askToRegister(lease: Lease, pair: Credentials): Promise<RegistrationOutcome> {
    try {
      await this.#post('/v3/watchers', inWords(pair));
      return 'taken';
    } catch (error) {
      if (isCrowdsecError(error, 'CROWDSEC_API_STATUS') && error.status === 403) {
        const stop = {
          code: 'CROWDSEC_REGISTRATION_FAILED',
          forMs: HOUR_MS,
          message: 'CAPI forbids the registration (403).',
        } as const;
        throw await this.stop(lease, stop, error);
      }
      const registrations = postponed(this.record.registrations, retryAfterOf(error));
      await this.remember(lease, { ...this.record, registrations });
      return outcomeOf(error);
    }
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const timeoutMs = Math.min(this.#options.timeoutMs, CALL_TIMEOUT_MS);
    return (await this.#options.transport.send({ method: 'POST', path, body, timeoutMs })).body;
  }

  /** The lease must outlive the call: two processes never register or log in at once. */
  async #beforeCall(lease: Lease): Promise<void> {
    if (!(await lease.renew(SESSION_LEASE_MS))) {
      throw new CrowdsecError(
        'CROWDSEC_LEASE_BUSY',
        'Another process took over the session; the next call will use its token.',
      );
    }
  }
}

function inWords(pair: Credentials): { machine_id: string; password: string } {
  return { machine_id: pair.machineId, password: pair.password.reveal() };
}

function retryAfterOf(error: unknown): number {
  return isCrowdsecError(error) ? (error.retryAfterMs ?? 0) : 0;
}
