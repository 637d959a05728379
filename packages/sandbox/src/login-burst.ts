import type { TimeSource } from './clock.js';
import type { StateFile, StateFolder } from './state-folder.js';

/** When logins from one address become too many. */
export interface LoginBurstLimits {
  /** So many logins are fine; the next one within the time is too many. */
  readonly logins: number;
  readonly withinMs: number;
  /** For how long everything from the address is then answered 403. */
  readonly banMs: number;
}

/** What CrowdSec publishes for free accounts: more than 20 logins in 50 minutes from one IP mean an hour of 403. */
export const publishedLoginBurst: LoginBurstLimits = { logins: 20, withinMs: 50 * 60_000, banMs: 3_600_000 };

/** Counts logins per client address, successful or not, and bans the address of a burst. */
export class LoginBurst {
  readonly #clock: TimeSource;
  readonly #limits: LoginBurstLimits | undefined;
  readonly #file: StateFile;
  readonly #addresses: Map<string, Burst>;

  private constructor(
    clock: TimeSource,
    limits: LoginBurstLimits | undefined,
    state: StateFolder,
    kept: readonly Kept[],
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#addresses = new Map(kept);
    this.#file = state.file(FILE, () => [...this.#addresses]);
  }

  static async open(clock: TimeSource, limits: LoginBurstLimits | undefined, state: StateFolder): Promise<LoginBurst> {
    return new LoginBurst(clock, limits, state, ((await state.read(FILE)) ?? []) as readonly Kept[]);
  }

  /** Counts a login, whatever becomes of it. */
  count(address: string): void {
    if (this.#limits === undefined || this.isBanned(address)) return;
    const now = this.#clock.now();
    const since = now - this.#limits.withinMs;
    const logins = [...(this.#addresses.get(address)?.logins ?? []).filter((at) => at > since), now];
    const burst = logins.length > this.#limits.logins;
    this.#addresses.set(address, burst ? { logins: [], bannedUntil: now + this.#limits.banMs } : { logins });
    this.#file.changed();
  }

  isBanned(address: string): boolean {
    return this.#limits !== undefined && (this.#addresses.get(address)?.bannedUntil ?? 0) > this.#clock.now();
  }
}

interface Burst {
  readonly logins: readonly number[];
  readonly bannedUntil?: number;
}

type Kept = readonly [address: string, burst: Burst];

const FILE = 'login-bursts.json';
