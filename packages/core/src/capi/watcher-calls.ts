import type { Clock } from '../clock.js';
import { CrowdsecError, isCrowdsecError, messageOf, sentence } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Lease, StoredValue } from '../store/store.js';
import type { Credentials } from './credentials.js';
import {
  deferNextAttempt,
  HOUR_MS,
  liesInFuture,
  mapMoments,
  mergeRecords,
  NEW_RECORD,
  recordAnswer,
  recordAttempt,
  refuseBeyondBudget,
  spentRecord,
  type SessionRecord,
  type Stop,
} from './login-budget.js';
import { MomentAges } from './moment-ages.js';
import { outcomeOf, type LoginOutcome, type RegistrationOutcome } from './registration.js';
import type { SessionMemory } from './session-memory.js';
import type { ServerClock } from './server-clock.js';
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
  readonly serverClock: ServerClock;
  readonly logger: Logger;
  readonly scenarios: readonly string[];
  readonly timeoutMs: number;
  readonly onRegistered?: (details: { readonly machineId: string }) => void;
}

/**
 * The two calls that need no token: register and login. Each is counted in the record, and the record stored, before it leaves.
 */
export class WatcherCalls {
  readonly #options: WatcherCallsOptions;
  readonly #ages: MomentAges;
  /** As it was last read or written. */
  #stored: SessionRecord = NEW_RECORD;
  /** What came of a call could not be written down: it is, before anything else. */
  #isUnsaved = false;
  #isDamaged = false;

  constructor(options: WatcherCallsOptions) {
    this.#options = options;
    this.#ages = new MomentAges(options.clock);
  }

  /** What is known of earlier attempts, its moments as the wall clock of now would have shown them. */
  get record(): SessionRecord {
    return mapMoments(this.#stored, (at) => this.#ages.present(at));
  }

  /**
   * Reads the record. Under a lease, what this process knows better is written back: what it could not write before, a record of a
   * clock that ran ahead, all of it when the store was emptied, and a spent budget in place of a damaged one.
   */
  async load(lease?: Lease): Promise<{ readonly mustBeWritten: boolean }> {
    const mustBeWritten = this.#reconcile(await this.#options.memory.record());
    if (mustBeWritten && lease !== undefined) await this.#write(lease, this.record);
    return { mustBeWritten };
  }

  #reconcile(found: StoredValue<SessionRecord>): boolean {
    const now = this.#options.clock.now();
    if (found.state === 'absent') return this.#stored !== NEW_RECORD;
    if (found.state === 'damaged') {
      if (!this.#isDamaged) this.#keep(spentRecord(this.record, now));
      return (this.#isDamaged = true);
    }
    this.#isDamaged = false;
    this.#stored = this.#isUnsaved ? mergeRecords(this.#stored, found.value) : found.value;
    return this.#isUnsaved || liesInFuture(found.value, now);
  }

  /** Writes down what is about to happen: if that fails, it must not happen. */
  async #write(lease: Lease, record: SessionRecord): Promise<void> {
    await this.#options.memory.putRecord(lease, record);
    this.#keep(record);
    this.#isUnsaved = false;
    this.#isDamaged = false;
  }

  /** Writes down what has happened: if that fails, it counts in memory, and is written before anything else may happen. */
  async settle(lease: Lease, record: SessionRecord): Promise<void> {
    this.#keep(record);
    this.#isUnsaved = true;
    await this.#write(lease, record).catch((error: unknown) => {
      this.#options.logger.warn(`What came of a call could not be written down yet: ${messageOf(error)}`, {
        code: 'STORE_UNAVAILABLE',
        error,
      });
    });
  }

  #keep(record: SessionRecord): void {
    this.#stored = mapMoments(record, (at) => {
      this.#ages.note(at);
      return at;
    });
  }

  /** All calls rest from now on. Returns the error to throw. */
  async stop(
    lease: Lease,
    stop: Omit<Stop, 'since'>,
    details: { readonly cause?: unknown; readonly forbiddenInARow?: number } = {},
  ): Promise<CrowdsecError> {
    const since = this.#options.clock.now();
    const nextAt = since + stop.forMs;
    const { record } = this;
    const { cause, forbiddenInARow = record.forbiddenInARow } = details;
    await this.settle(lease, { ...record, forbiddenInARow, stop: { since, ...stop } });
    this.#options.logger.error(`${stop.message} Nothing is sent before ${new Date(nextAt).toISOString()}.`, {
      code: 'CALLS_STOPPED',
      reason: stop.code,
      nextAt,
    });
    return new CrowdsecError(stop.code, stop.message, { nextAt, cause });
  }

  /** Writes down that a pair is given up for a new one. */
  async replaced(lease: Lease): Promise<void> {
    await this.#write(lease, { ...this.record, replacedAt: this.#options.clock.now() });
  }

  /** @throws CrowdsecError when the answer settles nothing */
  async register(lease: Lease, pair: Credentials): Promise<RegistrationOutcome> {
    const { clock, onRegistered } = this.#options;
    refuseBeyondBudget(this.record.registrations, clock.now(), 'CROWDSEC_REGISTRATION_FAILED');
    const confirm = await this.#renew(lease);
    await this.#write(lease, { ...this.record, registrations: recordAttempt(this.record.registrations, clock.now()) });
    confirm();
    const outcome = await this.#askToRegister(lease, pair);
    if (outcome === 'taken') onRegistered?.({ machineId: pair.machineId });
    if (outcome !== 'unanswered') {
      await this.settle(lease, { ...this.record, registrations: recordAnswer(this.record.registrations) });
    }
    return outcome;
  }

  /** @throws CrowdsecError when CAPI neither gave a token nor refused the pair */
  async login(lease: Lease, pair: Credentials, previous: Token | undefined): Promise<LoginOutcome> {
    const { clock, scenarios, serverClock } = this.#options;
    refuseBeyondBudget(this.record.logins, clock.now(), 'CROWDSEC_LOGIN_BUDGET');
    const confirm = await this.#renew(lease);
    await this.#write(lease, { ...this.record, logins: recordAttempt(this.record.logins, clock.now()) });
    confirm();
    const sameMachine = previous?.machineId === pair.machineId ? previous : undefined;
    const declared = scenariosToDeclare(scenarios, sameMachine, clock.now());
    try {
      const body = { ...inWords(pair), scenarios: Object.keys(declared) };
      const answer = await this.#post('/v3/watchers/login', body);
      return { token: tokenFromAnswer(answer, { machineId: pair.machineId, scenarios: declared }, serverClock) };
    } catch (error) {
      if (isCrowdsecError(error, 'CROWDSEC_API_STATUS') && (error.status === 401 || error.status === 403)) {
        await this.settle(lease, { ...this.record, logins: recordAnswer(this.record.logins) });
        return { refused: error.status, error };
      }
      await this.settle(lease, { ...this.record, logins: deferNextAttempt(this.record.logins, error) });
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
          message: `CAPI forbids the registration: ${sentence(error.message)}`,
        } as const;
        throw await this.stop(lease, stop, { cause: error });
      }
      const registrations = deferNextAttempt(this.record.registrations, error);
      await this.settle(lease, { ...this.record, registrations });
      return outcomeOf(error);
    }
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const timeoutMs = Math.min(this.#options.timeoutMs, CALL_TIMEOUT_MS);
    return (await this.#options.transport.send({ method: 'POST', path, body, timeoutMs })).body;
  }

  /**
   * The lease must outlive the call: two processes never register or log in at once.
   *
   * @returns the last step before the call leaves: it throws when this process was held up for so long that the lease may run out before
   * @throws CrowdsecError `CROWDSEC_LEASE_BUSY`
   */
  async #renew(lease: Lease): Promise<() => void> {
    const { clock } = this.#options;
    const renewedAt = clock.monotonic();
    if (!(await lease.renew(SESSION_LEASE_MS))) throw tookOver();
    return () => {
      if (clock.monotonic() - renewedAt > SESSION_LEASE_MS - CALL_TIMEOUT_MS) throw tookOver();
    };
  }
}

function tookOver(): CrowdsecError {
  return new CrowdsecError(
    'CROWDSEC_LEASE_BUSY',
    'Another process took over the session; the next call will use its token.',
  );
}

function inWords(pair: Credentials): { machine_id: string; password: string } {
  return { machine_id: pair.machineId, password: pair.password.reveal() };
}
