import { setTimeout as delay } from 'node:timers/promises';
import { CrowdsecError, firstCause, isCrowdsecError, messageOf } from '../errors.js';
import { underLease } from '../store/acquire.js';
import type { Lease } from '../store/store.js';
import {
  HOUR_MS,
  recordAnswer,
  refuseBeyondBudget,
  refuseWhileAskedToWait,
  refuseWhileStopped,
} from './login-budget.js';
import { Logins } from './logins.js';
import { MachineIdentity } from './machine-identity.js';
import { SessionMemory } from './session-memory.js';
import { ServerClock, SKEW_WORTH_TELLING_MS, skewInWords } from './server-clock.js';
import type { SessionOptions, SessionState } from './session-options.js';
import { sessionState } from './session-state.js';
import { repeat } from './repeat.js';
import { declares, isUsable, type Token } from './token.js';
import { SESSION_LEASE_MS, WatcherCalls } from './watcher-calls.js';

const LEASE_WAIT_MS = 20_000;
/** How soon a process notices what another one did to the identity, and that the store was emptied. */
const WATCH_MS = 5_000;
const WATCH_NETWORKED_MS = 2_000;
/** How soon it notices a new token and what others spent: that matters when the store is emptied. */
const FULL_WATCH_MS = 10_000;
/** Before a machine is registered in a store that may have been emptied, the others have this long to put theirs back. */
const REGISTRATION_DELAY_MS = 2 * WATCH_NETWORKED_MS;

/**
 * One machine's standing with CAPI: its credentials and its token, shared by all processes of this installation through the store.
 *
 * Registers when it must, logs in when it must, and no sooner: a token serves until a minute before it expires, in every process and
 * over every restart. Logins are single-flight and never more than five an hour; a refusal stops all calls for an hour.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #memory: SessionMemory;
  readonly #identity: MachineIdentity;
  readonly #calls: WatcherCalls;
  readonly #logins: Logins;
  readonly #serverClock: ServerClock;
  #token: Token | undefined;
  /** A token that could not be stored: it is, before anything else. */
  #unsavedToken: Token | undefined;
  #flight: Promise<Token> | undefined;
  #failure: SessionState['failure'];
  #hasLoggedSkew = false;
  #watchJob: Disposable | undefined;
  #isStopped = false;
  /** Monotonic time at which all that is shared was last read. */
  #watchedAllAt = -Infinity;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#memory = new SessionMemory(options.store, options.copy);
    this.#identity = new MachineIdentity({ ...options, memory: this.#memory });
    this.#serverClock = new ServerClock(options.clock);
    options.transport.useServerClock(this.#serverClock);
    this.#calls = new WatcherCalls({ ...options, memory: this.#memory, serverClock: this.#serverClock });
    this.#logins = new Logins({ ...options, calls: this.#calls, identity: this.#identity });
  }

  /** What is known of the session, without asking anybody. */
  get state(): SessionState {
    return sessionState({
      record: this.#calls.record,
      machine: this.#identity.current,
      token: this.#token,
      failure: this.#failure,
      skewMs: this.#serverClock.skewMs,
      now: this.#options.clock.now(),
    });
  }

  /** Reads what is stored, so that `state` includes earlier runs; makes no network call. */
  async load(): Promise<void> {
    await this.#calls.load();
    await this.#identity.load();
    await this.#adoptStored();
  }

  /**
   * From now on this process knows what the others do: which machine this installation is, its token and its budgets. Whoever notices
   * first that the store was emptied puts them back.
   */
  startWatching(): void {
    const { store, scheduler, logger } = this.#options;
    if (!store.shared || this.#isStopped || this.#watchJob !== undefined) return;
    const everyMs = store.networked ? WATCH_NETWORKED_MS : WATCH_MS;
    const run = (): Promise<void> => this.#watch();
    this.#watchJob = repeat({ name: 'crowdsec:identity', everyMs, run, scheduler, logger });
  }

  /** Ends what {@link startWatching} has begun; a token can still be had, for the last call of an agent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#watchJob?.[Symbol.dispose]();
    if (this.#options.store.shared) await this.#identity.recordUnused().catch(() => undefined);
  }

  /**
   * A token that is good for a call now.
   *
   * @param refused a token that CAPI has just refused: another one is wanted
   * @throws CrowdsecError `CROWDSEC_LOGIN_BUDGET`, `CROWDSEC_LOGIN_FORBIDDEN`, `CROWDSEC_CREDENTIALS_REJECTED`,
   *   `CROWDSEC_REGISTRATION_FAILED`, `CROWDSEC_CALL_REFUSED`, `CROWDSEC_NO_DURABLE_STORE`, `CROWDSEC_OPTION_INVALID` when running
   *   processes use another machine, or what the call or the store threw
   */
  async token(refused?: Token): Promise<Token> {
    // Another process may have been told to stop. What must be written is written under the lease, before anything else.
    const { mustBeWritten } = await this.#calls.load();
    const { isForgotten } = await this.#identity.load();
    if (!mustBeWritten && !isForgotten && this.#unsavedToken === undefined) {
      refuseWhileStopped(this.#calls.record, this.#options.clock.now());
      const token = this.#token;
      if (token !== undefined && token !== refused && this.#isUsableHere(token) && this.#identity.owns(token))
        return token;
    }
    this.#flight ??= this.#obtainTokenOnce(refused).finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  /** Writes credentials, token and login budget back to a store that was emptied, so that a new process does not register another machine. */
  async restoreIfForgotten(): Promise<void> {
    if (!(await this.#identity.load()).isForgotten) return;
    await this.#underLease((lease) => this.#readShared(lease));
  }

  /** All calls rest for an hour: CAPI refused a call twice, with a fresh token in between. */
  async stopAfterRefusal(message: string, cause?: CrowdsecError): Promise<CrowdsecError> {
    return this.#underLease(async (lease) => {
      await this.#calls.load(lease);
      return this.#calls.stop(lease, { code: 'CROWDSEC_CALL_REFUSED', forMs: HOUR_MS, message }, { cause });
    });
  }

  async #obtainTokenOnce(refused: Token | undefined): Promise<Token> {
    try {
      let token = await this.#underLease((lease) =>
        this.#obtainToken(lease, { refused, mayRegister: !this.#mustDelayRegistration }),
      );
      if (token === undefined) {
        // By the machine's own time: who drives the scheduler by hand may be waiting for this very call.
        const { signal } = this.#options;
        await delay(REGISTRATION_DELAY_MS, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined);
        if (this.#isStopped || signal?.aborted === true)
          throw new CrowdsecError('CROWDSEC_STOPPED', 'The agent was stopped; create a new one.');
        token = await this.#underLease((lease) => this.#obtainToken(lease, { refused, mayRegister: true }));
      }
      if (token === undefined) throw new Error('A registration that was allowed did not happen.');
      this.#failure = undefined;
      this.#logSkew();
      return token;
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** In a store that may have been emptied a moment ago, another process may know the machine: it puts it back within this time. */
  get #mustDelayRegistration(): boolean {
    return this.#options.store.networked && this.#identity.current === undefined;
  }

  #fail(error: unknown): void {
    if (!isCrowdsecError(error) || error.code === 'CROWDSEC_LEASE_BUSY' || error.code === 'CROWDSEC_STOPPED') return;
    this.#failure = { code: firstCause(error).code, message: messageOf(error) };
  }

  #underLease<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
    const { store, scheduler, signal } = this.#options;
    return underLease(
      store,
      scheduler,
      { name: 'session', ttlMs: SESSION_LEASE_MS, waitMs: LEASE_WAIT_MS, signal },
      work,
    );
  }

  /** Resolves `undefined` when a machine would have to be registered, and must not be. */
  async #obtainToken(
    lease: Lease,
    { refused, mayRegister }: { readonly refused: Token | undefined; readonly mayRegister: boolean },
  ): Promise<Token | undefined> {
    await this.#readShared(lease);
    const now = this.#options.clock.now();
    const shared = await this.#memory.token();
    refuseWhileStopped(this.#calls.record, now);
    const adoptable =
      shared !== undefined &&
      shared.jwt.reveal() !== refused?.jwt.reveal() &&
      this.#identity.owns(shared) &&
      isUsable(shared, this.#serverTimeFor(shared).earliest);
    if (adoptable && this.#isUsableHere(shared)) return (this.#token = shared);
    try {
      refuseBeyondBudget(this.#calls.record.logins, now, 'CROWDSEC_LOGIN_BUDGET');
      refuseWhileAskedToWait(this.#calls.record.registrations, now);
    } catch (error) {
      // One that lacks a scenario of ours, or has expired if a clock that jumped was right to, is better than none until then.
      if (adoptable) return (this.#token = shared);
      throw error;
    }
    const known = await this.#identity.pair(lease);
    if (known === undefined && !mayRegister) return undefined;
    const candidate = known ?? (await this.#identity.newPair(lease));
    return this.#accept(lease, await this.#logins.logIn(lease, candidate, shared));
  }

  /** Brings the store and this process to the same knowledge, under the lease. */
  async #readShared(lease: Lease): Promise<void> {
    await this.#calls.load(lease);
    await this.#identity.loadOrRecover(lease, this.#token);
    const unsaved = this.#unsavedToken;
    if (unsaved === undefined) return;
    const shared = await this.#memory.token();
    const isOlder = shared?.machineId === unsaved.machineId && shared.expiresAt >= unsaved.expiresAt;
    if (!isOlder && this.#identity.current?.machineId === unsaved.machineId) await this.#save(lease, unsaved);
    this.#unsavedToken = undefined;
  }

  async #save(lease: Lease, token: Token): Promise<void> {
    await this.#memory.putToken(lease, token);
    await this.#identity.validate(lease, token);
  }

  /** The login succeeded: the pair is validated for ever, and whatever stood in the way is forgotten. */
  async #accept(lease: Lease, token: Token): Promise<Token> {
    this.#token = token;
    this.#unsavedToken = token;
    try {
      await this.#save(lease, token);
      this.#unsavedToken = undefined;
    } catch (error) {
      this.#options.logger.warn(`The token could not be stored yet: ${messageOf(error)}`, {
        code: 'TOKEN_NOT_STORED',
        error,
      });
    }
    const { stop: _over, ...rest } = this.#calls.record;
    const { logins, registrations } = rest;
    await this.#calls.settle(lease, {
      ...rest,
      logins: recordAnswer(logins),
      registrations: recordAnswer(registrations),
      forbiddenInARow: 0,
    });
    this.#options.onLoggedIn?.({ scenarios: Object.keys(token.scenarios), expiresAt: token.expiresAt });
    return token;
  }

  async #adoptStored(): Promise<void> {
    const token = await this.#memory.token();
    if (token !== undefined && this.#identity.owns(token) && token.expiresAt > (this.#token?.expiresAt ?? 0)) {
      this.#token = token;
      this.#failure = undefined;
    }
  }

  async #watch(): Promise<void> {
    const wasOurs = this.#identity.isOurs();
    const { clock } = this.#options;
    const { machineId } = this.#identity.current ?? {};
    await this.restoreIfForgotten();
    const hasChanged = machineId !== this.#identity.current?.machineId;
    if (hasChanged || clock.monotonic() - this.#watchedAllAt >= FULL_WATCH_MS) {
      this.#watchedAllAt = clock.monotonic();
      await this.#calls.load();
      await this.#adoptStored();
      await this.#identity.recordInUse();
    }
    if (!wasOurs || this.#identity.isOurs()) return;
    this.#options.logger.error(
      `Another process has put machine ${this.#identity.current?.machineId ?? ''} to use in place of ours: ` +
        'its `machineIdPrefix` or `credentials` differ from those of this process.',
      { code: 'MACHINE_REPLACED' },
    );
  }

  #isUsableHere(token: Token): boolean {
    return isUsable(token, this.#serverTimeFor(token).latest) && declares(token, this.#options.scenarios);
  }

  #logSkew(): void {
    const { skewMs } = this.#serverClock;
    const isOff = Math.abs(skewMs) > SKEW_WORTH_TELLING_MS;
    if (isOff && !this.#hasLoggedSkew) this.#options.logger.warn(skewInWords(skewMs), { code: 'CLOCK_SKEW', skewMs });
    this.#hasLoggedSkew = isOff;
  }

  /** CAPI's time; until CAPI has told it to this process, by what whoever logged in knew of the clock. */
  #serverTimeFor({ clockSkewMs }: Token): { readonly earliest: number; readonly latest: number } {
    if (this.#serverClock.isKnown) return { earliest: this.#serverClock.now(), latest: this.#serverClock.latest() };
    const now = this.#options.clock.now() - clockSkewMs;
    return { earliest: now, latest: now };
  }
}
