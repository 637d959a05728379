import { CrowdsecError, isCrowdsecError } from '../errors.js';
import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';
import { Secret } from '../secret.js';
import { acquire } from '../store/acquire.js';
import type { Lease, Store } from '../store/store.js';
import { newCredentials, type Credentials, type StoredCredentials } from './credentials.js';
import {
  answered,
  attemptsLastHour,
  DAY_MS,
  FORBIDDEN_BEFORE_REJECTED,
  HOUR_MS,
  refuseBeyondBudget,
  refuseWhileStopped,
  stoppedUntil,
  type Stop,
} from './login-budget.js';
import { validatePair } from './registration.js';
import { pairOf, SessionMemory } from './session-memory.js';
import { declares, isUsable, type Token } from './token.js';
import type { Transport } from './transport.js';
import { SESSION_LEASE_MS, WatcherCalls } from './watcher-calls.js';

const LEASE_WAIT_MS = 20_000;

export interface SessionOptions {
  readonly store: Store;
  /** Keeps a copy of the credentials, for the day that the store is emptied. */
  readonly copy?: Store;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Told at every login; they decide what the community blocklist holds. */
  readonly scenarios: readonly string[];
  readonly machineIdPrefix: string;
  /** Credentials that the user keeps; they are never replaced. */
  readonly credentials?: { readonly machineId: string; readonly password: string };
  /** Registers although the identity will not outlive the process. */
  readonly ephemeral: boolean;
  readonly timeoutMs: number;
  /** Ends the waiting for other processes. */
  readonly signal?: AbortSignal;
  readonly onRegistered?: (details: { readonly machineId: string }) => void;
  readonly onLoggedIn?: (details: { readonly scenarios: readonly string[]; readonly expiresAt: number }) => void;
}

export interface SessionState {
  readonly identity: 'none' | 'pending' | 'validated' | 'credentials-rejected';
  readonly machineId?: string;
  readonly tokenExpiresAt?: number;
  readonly loginsLastHour: number;
  readonly stop?: { readonly code: Stop['code']; readonly message: string; readonly until: number };
}

/**
 * One machine's standing with CAPI: its credentials and its token, shared by all processes of this installation through the store.
 *
 * Registers when it must, logs in when it must, and no sooner: a token serves until a minute before it expires, in every process and
 * over every restart. Logins are single-flight and never more than five an hour; a refusal stops all calls for an hour.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #memory: SessionMemory;
  readonly #calls: WatcherCalls;
  #token: Token | undefined;
  #stored: StoredCredentials | undefined;
  #flight: Promise<Token> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#memory = new SessionMemory(options.store, options.copy);
    this.#calls = new WatcherCalls({ ...options, memory: this.#memory });
  }

  /** What is known of the session, without asking anybody. */
  get state(): SessionState {
    const now = this.#options.clock.now();
    const { record } = this.#calls;
    const until = stoppedUntil(record, now);
    const { stop } = record;
    const rejected = until !== undefined && stop?.code === 'CROWDSEC_CREDENTIALS_REJECTED';
    return {
      identity: rejected ? 'credentials-rejected' : (this.#stored?.status ?? 'none'),
      ...(this.#stored === undefined ? {} : { machineId: this.#stored.machineId }),
      ...(this.#token === undefined ? {} : { tokenExpiresAt: this.#token.expiresAt }),
      loginsLastHour: attemptsLastHour(record.logins, now),
      ...(until === undefined || stop === undefined ? {} : { stop: { code: stop.code, message: stop.message, until } }),
    };
  }

  /** Reads what the store knows, so that `state` tells of earlier runs; calls nobody. */
  async load(): Promise<void> {
    await this.#calls.load();
    this.#stored = await this.#memory.credentials();
    const token = await this.#memory.token();
    if (token !== undefined && this.#mayAdopt(token)) this.#token = token;
  }

  /**
   * A token that is good for a call now.
   *
   * @param refused a token that CAPI has just refused: another one is wanted
   * @throws CrowdsecError `CROWDSEC_LOGIN_BUDGET`, `CROWDSEC_LOGIN_FORBIDDEN`, `CROWDSEC_CREDENTIALS_REJECTED`,
   *   `CROWDSEC_REGISTRATION_FAILED`, `CROWDSEC_CALL_REFUSED`, `CROWDSEC_NO_DURABLE_STORE`, or what the call or the store threw
   */
  async token(refused?: Token): Promise<Token> {
    // Another process may have been told to stop. What has to be healed is written back under the lease first.
    const { wasHealed } = await this.#calls.load();
    if (!wasHealed) refuseWhileStopped(this.#calls.record, this.#options.clock.now());
    const token = this.#token;
    if (token !== undefined && token !== refused && this.#isGood(token) && !(await this.#isForgotten())) return token;
    this.#flight ??= this.#underLease((lease) => this.#obtain(lease, refused)).finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  /** Puts credentials, token and login budget back into a store that was emptied, lest whoever starts now registers anew. */
  async putBackIfForgotten(): Promise<void> {
    if (!(await this.#isForgotten())) return;
    await this.#underLease((lease) => this.#loadOrRecover(lease));
  }

  /** All calls rest for an hour: CAPI refused a call twice, with a fresh token in between. */
  async stopAfterRefusal(message: string): Promise<CrowdsecError> {
    return this.#underLease(async (lease) => {
      await this.#calls.load(lease);
      return this.#calls.stop(lease, { code: 'CROWDSEC_CALL_REFUSED', forMs: HOUR_MS, message });
    });
  }

  async #underLease<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
    const lease = await acquire(this.#options.store, this.#options.scheduler, {
      name: 'session',
      ttlMs: SESSION_LEASE_MS,
      waitMs: LEASE_WAIT_MS,
      signal: this.#options.signal,
    });
    try {
      return await work(lease);
    } finally {
      // A lease that can't be released runs out by itself; what the work did or threw matters more.
      await lease.release().catch(() => undefined);
    }
  }

  async #obtain(lease: Lease, refused: Token | undefined): Promise<Token> {
    const now = this.#options.clock.now();
    await this.#loadOrRecover(lease);
    const shared = await this.#memory.token();
    refuseWhileStopped(this.#calls.record, now);
    const adoptable =
      shared !== undefined &&
      shared.jwt.reveal() !== refused?.jwt.reveal() &&
      this.#mayAdopt(shared) &&
      isUsable(shared, now);
    if (adoptable && this.#isGood(shared)) return (this.#token = shared);
    try {
      refuseBeyondBudget(this.#calls.record.logins, now, 'CROWDSEC_LOGIN_BUDGET');
    } catch (error) {
      // A token that lacks a scenario of ours is better than none until the next login may happen.
      if (adoptable && isCrowdsecError(error, 'CROWDSEC_LOGIN_BUDGET')) return (this.#token = shared);
      throw error;
    }
    return this.#logInAs(lease, await this.#pair(lease), shared);
  }

  /** The store was emptied: whoever starts now would take another machine's name. */
  async #isForgotten(): Promise<boolean> {
    if (this.#options.credentials !== undefined || this.#stored === undefined) return false;
    return (await this.#memory.credentials()) === undefined;
  }

  async #loadOrRecover(lease: Lease): Promise<void> {
    await this.#calls.load(lease);
    this.#stored = (await this.#memory.credentials()) ?? (await this.#recover(lease));
  }

  /** Puts lost credentials back, and the token with them: this process still knows them, or the copy does. */
  async #recover(lease: Lease): Promise<StoredCredentials | undefined> {
    const { credentials: given, store, logger } = this.#options;
    const known = this.#stored ?? (await this.#memory.copiedCredentials());
    if (known === undefined || given !== undefined) return undefined;
    logger.warn(
      `The store (${store.description}) has lost the credentials of machine ${known.machineId}: they are put back.`,
    );
    await this.#memory.putCredentials(lease, known);
    if (this.#token?.machineId === known.machineId) await this.#memory.putToken(lease, this.#token);
    return known;
  }

  /** The pair to use, and whether it was made just now. Stored before it is ever sent. */
  async #pair(lease: Lease): Promise<{ pair: Credentials; isNew: boolean }> {
    const { credentials: given, machineIdPrefix: prefix, logger, store } = this.#options;
    const stored = this.#stored;
    if (given !== undefined) {
      const pair = { machineId: given.machineId, password: new Secret(given.password) };
      if (stored?.machineId !== given.machineId) {
        await this.#keep(lease, { machineId: given.machineId, prefix: '', status: 'pending' });
      }
      return { pair, isNew: false };
    }
    const kept = stored === undefined ? undefined : pairOf(stored);
    if (kept !== undefined && stored?.prefix === prefix) return { pair: kept, isNew: false };
    if (!store.durable && !this.#options.ephemeral) {
      throw new CrowdsecError(
        'CROWDSEC_NO_DURABLE_STORE',
        'Nothing is registered without a store that outlives the process: give `stateDir`, a durable `store` or `credentials`, ' +
          'or say `ephemeral: true`.',
      );
    }
    if (stored !== undefined)
      logger.warn(`The machine id prefix has changed: ${stored.machineId} gives way to a new machine.`);
    return this.#newPair(lease);
  }

  async #newPair(lease: Lease): Promise<{ pair: Credentials; isNew: boolean }> {
    const prefix = this.#options.machineIdPrefix;
    const pair = newCredentials(prefix);
    await this.#keep(lease, { machineId: pair.machineId, password: pair.password.reveal(), prefix, status: 'pending' });
    return { pair, isNew: true };
  }

  async #logInAs(
    lease: Lease,
    { pair, isNew }: { pair: Credentials; isNew: boolean },
    previous: Token | undefined,
  ): Promise<Token> {
    if (this.#stored?.status === 'validated') return this.#logInValidated(lease, pair, previous);
    const calls = {
      register: (candidate: Credentials) => this.#calls.register(lease, candidate),
      login: async (candidate: Credentials) => {
        const outcome = await this.#calls.login(lease, candidate, previous);
        return 'token' in outcome ? outcome.token : undefined;
      },
    };
    const token = await validatePair(calls, pair, isNew);
    return token === undefined ? this.#replace(lease, previous) : this.#accept(lease, token);
  }

  async #logInValidated(lease: Lease, pair: Credentials, previous: Token | undefined): Promise<Token> {
    const outcome = await this.#calls.login(lease, pair, previous);
    if ('token' in outcome) return this.#accept(lease, outcome.token);
    const forbiddenInARow = this.#calls.record.forbiddenInARow + (outcome.refused === 403 ? 1 : 0);
    this.#calls.record = { ...this.#calls.record, forbiddenInARow };
    if (outcome.refused === 401 || forbiddenInARow >= FORBIDDEN_BEFORE_REJECTED) {
      throw await this.#calls.stop(lease, {
        code: 'CROWDSEC_CREDENTIALS_REJECTED',
        forMs: DAY_MS,
        message:
          `CAPI rejects the credentials of machine ${pair.machineId}, which it once accepted. They are kept, and tried once a day: ` +
          'ask CrowdSec, or restore the right ones.',
      });
    }
    throw await this.#calls.stop(lease, {
      code: 'CROWDSEC_LOGIN_FORBIDDEN',
      forMs: HOUR_MS,
      message: 'CAPI forbids the login (403): too many logins from this address, or a machine that was removed.',
    });
  }

  /** Gives up a pair that both a login and a registration refused: at most once an hour, and never one that the user gave. */
  async #replace(lease: Lease, previous: Token | undefined): Promise<Token> {
    const { clock, credentials: given, logger } = this.#options;
    const now = clock.now();
    const { replacedAt } = this.#calls.record;
    const tooSoon = replacedAt !== undefined && Math.min(replacedAt, now) + HOUR_MS > now;
    if (given !== undefined || tooSoon) {
      const what = given === undefined ? 'a second new machine id within an hour' : 'the given credentials';
      const message = `CAPI accepts neither a login nor a registration of ${what}.`;
      throw await this.#calls.stop(lease, { code: 'CROWDSEC_REGISTRATION_FAILED', forMs: HOUR_MS, message });
    }
    logger.warn(
      'CAPI refuses both the login and the registration of a machine id that was never validated: a new one is made.',
    );
    await this.#calls.remember(lease, { ...this.#calls.record, replacedAt: now });
    return this.#logInAs(lease, await this.#newPair(lease), previous);
  }

  /** The login succeeded: the pair is validated for ever, and whatever stood in the way is forgotten. */
  async #accept(lease: Lease, token: Token): Promise<Token> {
    await this.#memory.putToken(lease, token);
    const stored = await this.#memory.credentials();
    if (stored !== undefined && stored.status !== 'validated')
      await this.#keep(lease, { ...stored, status: 'validated' });
    const { stop: _over, ...rest } = this.#calls.record;
    await this.#calls.remember(lease, { ...rest, logins: answered(rest.logins), forbiddenInARow: 0 });
    this.#token = token;
    this.#options.onLoggedIn?.({ scenarios: Object.keys(token.scenarios), expiresAt: token.expiresAt });
    return token;
  }

  async #keep(lease: Lease, stored: StoredCredentials): Promise<void> {
    await this.#memory.putCredentials(lease, stored);
    this.#stored = stored;
  }

  #isGood(token: Token): boolean {
    return isUsable(token, this.#options.clock.now()) && declares(token, this.#options.scenarios);
  }

  /** A token of another machine than ours is not ours. */
  #mayAdopt(token: Token): boolean {
    const { credentials: given, machineIdPrefix } = this.#options;
    if (given !== undefined) return token.machineId === given.machineId;
    return this.#stored?.machineId === token.machineId && this.#stored.prefix === machineIdPrefix;
  }
}
