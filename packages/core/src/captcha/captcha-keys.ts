import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import { Secret } from '../secret.js';
import type { JsonValue, Store } from '../store/store.js';

/** What passes and challenges are signed with. */
export interface CaptchaKey {
  readonly id: string;
  /** In ms since the epoch. */
  readonly createdAt: number;
  /** A signature of this text, for this purpose alone. */
  sign(purpose: string, text: string): Buffer;
}

type StoredKey = CaptchaKey & { readonly secret: Secret };

export interface CaptchaKeysOptions {
  readonly store: Pick<Store, 'read' | 'lease'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long what a key has signed is to be accepted after the next key came, in ms. */
  readonly keepMs: number;
}

/** How long a key signs before the next one does, in ms. */
export const KEY_LIFETIME_MS = 86_400_000;
/** How old what was read may be when something is to be signed, in ms; the store is not asked more often for unknown keys than each second. */
const MAX_AGE_MS = 60_000;
const UNKNOWN_KEY_INTERVAL_MS = 1_000;
const MAX_KEYS = 32;
const LEASE_MS = 10_000;
/** How long a process waits for another that is making the first key, in ms. */
const MAX_WAIT_MS = 2_000;

const storedKeys = z.object({
  keys: z
    .array(
      z.object({
        id: z.string().regex(/^[\w-]{8}$/),
        secret: z.string().min(32).max(128),
        createdAt: z.number(),
      }),
    )
    .max(MAX_KEYS),
});

/**
 * The signing keys of an installation: the same in all processes that share a store, a new one each day. A store that does not answer
 * stops nobody: then a process signs with what it knows, if need be with a key of its own, which the store gets when it is back.
 */
export class CaptchaKeys {
  readonly #options: CaptchaKeysOptions;
  readonly #keys = new Map<string, StoredKey>();
  #readAt = -Infinity;
  #loading: Promise<void> | undefined;
  #failureWasLogged = false;

  constructor(options: CaptchaKeysOptions) {
    this.#options = options;
  }

  /**
   * Learns the keys that the store holds, so that after a restart nobody with a pass waits for it. Rejects when the store does not answer;
   * whoever needs a key asks again.
   */
  async preload(): Promise<void> {
    await this.#take();
  }

  /** A key by its id, without asking the store. */
  known(id: string): CaptchaKey | undefined {
    return this.#keys.get(id);
  }

  /** A key by its id; the store is asked when this process does not know it, but not at each such call. */
  async find(id: string): Promise<CaptchaKey | undefined> {
    if (!this.#keys.has(id) && this.#age() >= UNKNOWN_KEY_INTERVAL_MS) await this.#load();
    return this.#keys.get(id);
  }

  /** The key that signs now. Never rejects. */
  async current(): Promise<CaptchaKey> {
    if (this.#age() >= MAX_AGE_MS || this.#newest() === undefined) await this.#load();
    const newest = this.#newest();
    if (newest !== undefined) return newest;
    const own = this.#make();
    this.#keys.set(own.id, own);
    return own;
  }

  #age(): number {
    return this.#options.clock.monotonic() - this.#readAt;
  }

  #newest(): StoredKey | undefined {
    const [newest] = this.#newestFirst();
    return newest;
  }

  /** Keys from a day ahead and later come last: the clock of their maker was wrong, and would have them sign for too long. */
  #newestFirst(): StoredKey[] {
    const latest = this.#options.clock.now() + KEY_LIFETIME_MS;
    const rank = ({ createdAt }: StoredKey): number => (createdAt > latest ? -Infinity : createdAt);
    return [...this.#keys.values()].sort((a, b) => rank(b) - rank(a) || (a.id < b.id ? -1 : 1));
  }

  #load(): Promise<void> {
    this.#loading ??= this.#read()
      .then(
        () => (this.#failureWasLogged = false),
        (error: unknown) => this.#logFailure(error),
      )
      .then(() => {
        this.#readAt = this.#options.clock.monotonic();
        this.#loading = undefined;
      });
    return this.#loading;
  }

  #logFailure(error: unknown): void {
    if (this.#failureWasLogged) return;
    this.#failureWasLogged = true;
    this.#options.logger.warn(
      `The keys of the captcha can't be shared with other processes for now, which ask their visitors again: ${messageOf(error)}`,
      { code: 'CAPTCHA_KEYS_NOT_SHARED', error },
    );
  }

  async #read(): Promise<void> {
    const { store } = this.#options;
    for (let waited = 0; ; waited += 50) {
      if (!this.#isIncomplete(await this.#take())) return;
      const lease = await store.lease('captcha-keys', LEASE_MS);
      if (lease !== undefined) {
        try {
          if (!this.#isIncomplete(await this.#take())) return;
          if (this.#isDue(this.#newest())) this.#add(this.#make());
          await lease.put('captcha-keys', this.#record());
        } finally {
          await lease.release().catch(() => undefined);
        }
        return;
      }
      // Somebody else is at it; with a key at hand there is no hurry.
      if (this.#newest() !== undefined || waited >= MAX_WAIT_MS) return;
      await delay(50);
    }
  }

  /** Takes over what the store holds; resolves the ids of it. */
  async #take(): Promise<ReadonlySet<string>> {
    const found = await this.#options.store.read('captcha-keys', (value) => storedKeys.parse(value).keys);
    const keys = found.state === 'present' ? found.value : [];
    for (const { id, secret, createdAt } of keys) {
      if (!this.#keys.has(id)) this.#add(keyOf(id, secret, createdAt));
    }
    this.#prune();
    return new Set(keys.map(({ id }) => id));
  }

  /** Whether the store lacks a key that is known here, or a new one is due. */
  #isIncomplete(stored: ReadonlySet<string>): boolean {
    return this.#isDue(this.#newest()) || [...this.#keys.keys()].some((id) => !stored.has(id));
  }

  #isDue(key: StoredKey | undefined): boolean {
    if (key === undefined) return true;
    return Math.abs(this.#options.clock.now() - key.createdAt) >= KEY_LIFETIME_MS;
  }

  #make(): StoredKey {
    const secret = randomBytes(32).toString('base64url');
    return keyOf(randomBytes(6).toString('base64url'), secret, this.#options.clock.now());
  }

  #add(key: StoredKey): void {
    this.#keys.set(key.id, key);
  }

  /** Drops each key whose successor has signed for so long that nothing of it can be valid any more. */
  #prune(): void {
    const now = this.#options.clock.now();
    const keys = this.#newestFirst();
    keys.forEach((key, i) => {
      const successor = keys[i - 1];
      const isObsolete = successor !== undefined && now - successor.createdAt >= this.#options.keepMs;
      if (isObsolete || i >= MAX_KEYS) this.#keys.delete(key.id);
    });
  }

  #record(): JsonValue {
    this.#prune();
    return {
      keys: this.#newestFirst().map(({ id, secret, createdAt }) => ({
        id,
        secret: secret.reveal(),
        createdAt,
      })),
    };
  }
}

function keyOf(id: string, text: string, createdAt: number): StoredKey {
  const secret = new Secret(text);
  const key = createSecretKey(text, 'utf8');
  return {
    id,
    createdAt,
    secret,
    sign: (purpose, signed) => createHmac('sha256', key).update(`${purpose}\n${signed}`).digest(),
  };
}
