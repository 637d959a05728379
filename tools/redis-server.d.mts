/** A private redis-server on a unix socket in a temporary folder. */
export interface RedisServer {
  readonly socket: string;
  /** Where it also listens on 127.0.0.1; 0 for nowhere. */
  readonly port: number;
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
 * @param options.tcp also listens on a free port of 127.0.0.1
 * @param options.args further options of redis-server
 */
export function startRedis(options?: {
  readonly appendOnly?: boolean;
  readonly tcp?: boolean;
  readonly args?: readonly string[];
}): Promise<RedisServer>;

/** A port of 127.0.0.1 that nobody listens on now. */
export function freePort(): Promise<number>;
