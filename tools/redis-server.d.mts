/** A private redis-server on a unix socket in a temporary folder. */
export interface RedisServer {
  readonly socket: string;
  /** Starts it again, with what its append-only file holds, if it has one. */
  start(): Promise<void>;
  /** Ends it, as a crash would with `SIGKILL`. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Holds it still: connected, but mute. */
  pause(): void;
  resume(): void;
  dispose(): Promise<void>;
}

/**
 * Starts a redis-server.
 *
 * @param options.appendOnly keeps what was written across `stop` and `start`
 */
export function startRedis(options?: { readonly appendOnly?: boolean }): Promise<RedisServer>;
