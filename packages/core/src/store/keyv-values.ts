import { messageOf } from '../errors.js';
import { DamagedError } from './damaged-error.js';
import { isObject, type KeyvLike } from './keyv-like.js';
import type { JsonValue } from './store.js';

/**
 * Values in a Keyv, with failures that are failures. Keyv and many of its adapters answer "no such value" when they could
 * not read, and only emit an error besides; that would make a second machine of every outage. So a call during which
 * an error was emitted has failed too, even at the risk that the error was about a call beside it.
 */
export class KeyvValues {
  readonly #keyv: KeyvLike;
  readonly #prefix: string;
  #errors = 0;
  #lastError: unknown;
  readonly #onError = (error: unknown): void => {
    this.#errors++;
    this.#lastError = error;
  };

  constructor(keyv: KeyvLike, prefix: string) {
    this.#keyv = keyv;
    this.#prefix = prefix;
    keyv.on?.('error', this.#onError);
  }

  async get(key: string): Promise<JsonValue | undefined> {
    const name = this.#prefix + key;
    const value = await this.#checked(async () =>
      this.#keyv.getRaw === undefined ? this.#keyv.get(name) : valueIn(await this.#keyv.getRaw(name)),
    ).catch((error: unknown) => {
      // The adapter answered, and the Keyv could not make a value of it.
      throw error instanceof SyntaxError ? new DamagedError('the Keyv could not decode it') : error;
    });
    return value === null ? undefined : (value as JsonValue | undefined);
  }

  async put(key: string, value: JsonValue): Promise<void> {
    // A ttl of 0 is none at all, whatever default the Keyv has: our values must not vanish by themselves.
    const done = await this.#checked(() => this.#keyv.set(this.#prefix + key, value, 0));
    if (done === false) throw new Error('the storage adapter refused the value');
  }

  async delete(key: string): Promise<void> {
    await this.#checked(() => this.#keyv.delete(this.#prefix + key));
  }

  /** Leaves the Keyv as it was found. Errors that it emits after that are its owner's. */
  close(): void {
    this.#keyv.off?.('error', this.#onError);
  }

  async #checked<T>(run: () => Promise<T>): Promise<T> {
    const before = this.#errors;
    const result = await run();
    if (this.#errors > before) throw new Error(messageOf(this.#lastError), { cause: this.#lastError });
    return result;
  }
}

/** What Keyv keeps is the value in an envelope, with its expiry beside it. */
function valueIn(raw: unknown): unknown {
  if (raw === undefined || raw === null) return undefined;
  if (!isObject(raw)) throw new DamagedError('the Keyv could not decode it');
  return raw.value;
}
