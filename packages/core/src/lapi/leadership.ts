import { CrowdsecError } from '../errors.js';
import type { Scheduler } from '../scheduler.js';
import type { Lease, Store } from '../store/store.js';

/** A process that dies holds the others up for so long, in ms. */
export const LEASE_TTL_MS = 6_000;
/** Renewals that the store did not answer are tried again after this time, in ms: a large write may hold them up. */
const RETRY_MS = 500;
/** Where there are no others, nothing has to be prolonged all the time. */
const LONE_TTL_MS = 7 * 24 * 3_600_000;

export interface LeadershipOptions {
  readonly store: Store;
  readonly scheduler: Scheduler;
  /** The lease: the same in all processes that ask one LAPI with one key. */
  readonly name: string;
  /** It was lost: the store did not prolong it in time. */
  readonly lost: () => void;
}

/** One process's right to ask LAPI with a key: LAPI tells each change once, to whoever asks first. */
export class Leadership {
  readonly #options: LeadershipOptions;
  #lease: Lease | undefined;
  #term = new AbortController();
  #renewal: Disposable | undefined;
  #check: Disposable | undefined;
  #lastToken: number | undefined;
  #taking: Promise<'taken' | 'continued' | undefined> | undefined;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  /** The lease while it holds; `undefined` when another process may have it. */
  get lease(): Lease | undefined {
    return this.#lease !== undefined && this.#lease.remainingMs() > 0 ? this.#lease : undefined;
  }

  /** Aborted when this term ends. */
  get signal(): AbortSignal {
    return this.#term.signal;
  }

  /**
   * Takes the lease, unless another process has it. `continued` when nobody else had it since this process did.
   *
   * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE`
   */
  take(): Promise<'taken' | 'continued' | undefined> {
    this.#taking ??= this.#take().finally(() => (this.#taking = undefined));
    return this.#taking;
  }

  async #take(): Promise<'taken' | 'continued' | undefined> {
    const { store, name } = this.#options;
    if (this.lease !== undefined) return 'continued';
    this.#end('another term begins');
    const lease = await store.lease(name, store.shared ? LEASE_TTL_MS : LONE_TTL_MS);
    if (lease === undefined) return undefined;
    const isNext = this.#lastToken !== undefined && (!store.shared || lease.token === this.#lastToken + 1);
    this.#lastToken = lease.token;
    this.#lease = lease;
    this.#term = new AbortController();
    if (store.shared) this.#renewLater(lease, LEASE_TTL_MS / 3);
    this.#checkLater(lease);
    return isNext ? 'continued' : 'taken';
  }

  /**
   * Whether the store still has the lease as ours: one that was emptied may have given it to another process, which asks LAPI as well. A
   * store that does not answer is no proof that it has not. The term ends when it has not.
   */
  async isConfirmed(lease: Lease): Promise<boolean> {
    if (!this.#options.store.shared) return true;
    const isHeld = await lease.held().catch(() => true);
    if (!isHeld && this.#lease === lease) this.#lose('the store has it no more');
    return isHeld;
  }

  /** Gives the lease back, one that is being taken too, so that others need not wait. Never rejects. */
  async release(): Promise<void> {
    await this.#taking?.catch(() => undefined);
    const lease = this.#lease;
    this.#end('it was given back');
    await lease?.release().catch(() => undefined);
  }

  #renewLater(lease: Lease, delayMs: number): void {
    this.#renewal = this.#options.scheduler.schedule('crowdsec:lapi-renewal', delayMs, async () => {
      // Whoever writes much has prolonged it for longer.
      const isLong = lease.remainingMs() > LEASE_TTL_MS;
      const renewed = isLong || (await lease.renew(LEASE_TTL_MS).catch(() => undefined));
      if (this.#lease !== lease) return;
      if (renewed === false) this.#lose('another process has it');
      else this.#renewLater(lease, renewed === undefined ? RETRY_MS : LEASE_TTL_MS / 3);
    });
  }

  #checkLater(lease: Lease): void {
    const check = (): void => {
      if (this.#lease !== lease) return;
      if (lease.remainingMs() > 0) this.#checkLater(lease);
      else this.#lose('it ran out');
    };
    this.#check = this.#options.scheduler.schedule('crowdsec:lapi-lease', Math.max(1, lease.remainingMs()), check);
  }

  /** Whoever takes it next knows nothing of what was told meanwhile; a store that was emptied counts tokens anew. */
  #lose(why: string): void {
    this.#lastToken = undefined;
    this.#end(why);
    this.#options.lost();
  }

  #end(why: string): void {
    this.#renewal?.[Symbol.dispose]();
    this.#check?.[Symbol.dispose]();
    this.#lease = undefined;
    this.#term.abort(new CrowdsecError('CROWDSEC_LEASE_BUSY', `the lease to ask LAPI is not held any more: ${why}`));
  }
}
