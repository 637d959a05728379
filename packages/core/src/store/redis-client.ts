import { isObject, type KeyvLike, storagesOf } from './keyv-like.js';

/** What is needed of a client of node-redis (single, cluster or sentinel), by its form. */
export interface RedisClient extends RedisCommands {
  readonly isOpen: boolean;
  withCommandOptions(options: {
    abortSignal: AbortSignal;
    typeMapping?: Readonly<Record<number, unknown>>;
  }): RedisCommands;
  /** A client with the same options, not connected yet. Sentinel clients have none. */
  duplicate?(): OwnRedisClient;
}

interface RedisCommands {
  eval(script: string, options: { keys: string[]; arguments: (string | Buffer)[] }): Promise<unknown>;
  get(key: string): Promise<unknown>;
}

/** A client that the agent opened, and so may close. */
export interface OwnRedisClient extends RedisClient {
  connect(): Promise<unknown>;
  destroy(): unknown;
  on(event: 'connect' | 'error' | 'reconnecting', listener: (error: unknown) => void): unknown;
}

/** What is needed of the storage adapter of @keyv/redis. */
export interface RedisAdapter {
  readonly client: RedisClient;
  getClient(): Promise<RedisClient>;
}

/** The adapter of @keyv/redis behind a Keyv, if there is one. */
export function redisAdapterOf(keyv: KeyvLike): RedisAdapter | undefined {
  return storagesOf(keyv).find(isRedisAdapter);
}

function isRedisAdapter(storage: object): storage is RedisAdapter {
  if (!isObject(storage) || typeof storage.getClient !== 'function' || !isObject(storage.client)) return false;
  const { client } = storage;
  return ['eval', 'get', 'withCommandOptions'].every((method) => typeof client[method] === 'function');
}
