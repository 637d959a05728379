import type { Clock } from '../clock.js';
import { clientPrefix } from '../ip/client-prefix.js';
import { TwoGenerationCache } from '../two-generation-cache.js';

/** How many clients are remembered, and for how long at least, in ms. */
const MAX_CLIENTS = 20_000;
const MIN_RETENTION_MS = 3_600_000;
/** So often a client may solve, or fail, before its challenges get harder; one is forgotten each ten minutes. */
const FREE_SOLUTIONS = 3;
const SOLUTION_DECAY_MS = 600_000;
/** Each one beyond that doubles the work, up to this factor. */
const MAX_DOUBLINGS = 5;

interface Account {
  /** Requests that the client may make now, as of `at`. */
  tokens: number;
  /** Solutions that count, as of `at`. */
  solutions: number;
  at: number;
}

/**
 * What this process knows of those who ask for challenges: how often each may ask, and how hard it is made for those who come again and
 * again. In bounded memory: whoever was not seen for long is forgotten first.
 */
export class ClientLedger {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #accounts = new TwoGenerationCache<Account>(MAX_CLIENTS, MIN_RETENTION_MS);

  /** @param options.perMinute how many requests a client may make in a minute */
  constructor({ clock, perMinute }: { readonly clock: Clock; readonly perMinute: number }) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /** Takes a request into account. @returns how long the client has to wait, in ms; 0 when it may go on */
  request(ip: string): number {
    const account = this.#accountOf(ip);
    if (account.tokens < 1) return ((1 - account.tokens) * 60_000) / this.#perMinute;
    account.tokens--;
    return 0;
  }

  /** Takes a solution into account, right or wrong. */
  solved(ip: string): void {
    const account = this.#accountOf(ip);
    account.solutions = Math.min(account.solutions + 1, FREE_SOLUTIONS + MAX_DOUBLINGS);
  }

  /** How many times the usual work a challenge for this client is. */
  workFactor(ip: string): number {
    const excess = Math.ceil(this.#accountOf(ip).solutions) - FREE_SOLUTIONS;
    return 2 ** Math.min(Math.max(0, excess), MAX_DOUBLINGS);
  }

  #accountOf(ip: string): Account {
    const client = clientPrefix(ip);
    const at = this.#clock.monotonic();
    let account = this.#accounts.get(client, at);
    if (account === undefined) {
      account = { tokens: this.#perMinute, solutions: 0, at };
      this.#accounts.add(client, account, at);
    }
    const elapsedMs = at - account.at;
    account.tokens = Math.min(this.#perMinute, account.tokens + (elapsedMs * this.#perMinute) / 60_000);
    account.solutions = Math.max(0, account.solutions - elapsedMs / SOLUTION_DECAY_MS);
    account.at = at;
    return account;
  }
}
