import type { Deadline } from '../deadline.js';
import { isObject, type KeyvLike, storagesOf } from './keyv-like.js';

/** What is needed of a client of node-redis (single, cluster or sentinel), by its form. */
interface RedisClient extends RedisCommands {
  readonly isOpen: boolean;
  withCommandOptions(options: {
    abortSignal: AbortSignal;
    typeMapping?: Readonly<Record<number, unknown>>;
  }): RedisCommands;
}

interface RedisCommands {
  eval(script: string, options: { keys: string[]; arguments: (string | Buffer)[] }): Promise<unknown>;
  get(key: string): Promise<unknown>;
}

/** What is needed of the storage adapter of @keyv/redis. */
export interface RedisAdapter {
  readonly client: RedisClient;
  getClient(): Promise<RedisClient>;
}

/** RESP's type of a string, which is to be read as bytes. */
const AS_BYTES = { 36: Buffer };

/** The adapter of @keyv/redis behind a Keyv, if there is one. */
export function redisAdapterOf(keyv: KeyvLike): RedisAdapter | undefined {
  return storagesOf(keyv).find(isRedisAdapter);
}

function isRedisAdapter(storage: object): storage is RedisAdapter {
  if (!isObject(storage) || typeof storage.getClient !== 'function' || !isObject(storage.client)) return false;
  const { client } = storage;
  return ['eval', 'get', 'withCommandOptions'].every((method) => typeof client[method] === 'function');
}

/**
 * The user's own connection to Redis. A command that could not be sent in time is taken out of the client's queue: once a
 * call has failed, nothing of it happens later. (What was sent already can no longer be called back.)
 */
export class RedisConnection {
  readonly #adapter: RedisAdapter;
  #connecting: Promise<RedisClient> | undefined;

  constructor(adapter: RedisAdapter) {
    this.#adapter = adapter;
  }

  /** Runs a Lua script: atomic, and the one way in which everything here is written. */
  async run(
    script: string,
    keys: readonly string[],
    args: readonly (string | Buffer)[],
    deadline: Deadline,
  ): Promise<unknown> {
    const client = await this.#client(deadline);
    return client
      .withCommandOptions({ abortSignal: deadline.signal })
      .eval(script, { keys: [...keys], arguments: [...args] });
  }

  async text(key: string, deadline: Deadline): Promise<string | undefined> {
    const client = await this.#client(deadline);
    const reply = await client.withCommandOptions({ abortSignal: deadline.signal }).get(key);
    return typeof reply === 'string' ? reply : undefined;
  }

  async bytes(key: string, deadline: Deadline): Promise<Buffer | undefined> {
    const client = await this.#client(deadline);
    const reply = await client.withCommandOptions({ abortSignal: deadline.signal, typeMapping: AS_BYTES }).get(key);
    return Buffer.isBuffer(reply) ? reply : undefined;
  }

  async #client({ signal }: Deadline): Promise<RedisClient> {
    let { client } = this.#adapter;
    if (!client.isOpen) {
      this.#connecting ??= this.#adapter.getClient().finally(() => (this.#connecting = undefined));
      client = await this.#connecting;
    }
    signal.throwIfAborted();
    return client;
  }
}
