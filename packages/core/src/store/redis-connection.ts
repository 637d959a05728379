import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import { DamagedError, MOST_VALUE_BYTES } from './damaged-error.js';
import type { Deadline } from '../deadline.js';
import type { OwnRedisClient, RedisClient } from './redis-client.js';
import { GET, SET_ASIDE } from './redis-scripts.js';

/** RESP's type of a string, which is to be read as bytes. */
const AS_BYTES = { 36: Buffer };
/** A connection is given up at most this often, in ms, and after calls have gone unanswered for so long. */
const RECONNECT_EVERY_MS = 3_000;
/** How long copies of damaged values stay, in ms. */
const KEPT_MS = 30 * 24 * 3_600_000;

export interface RedisSource {
  /** The client of the user, connected; undefined where the agent opens its own from the start. */
  readonly given?: () => Promise<RedisClient>;
  /** A further client that leads to the same place, not connected; undefined where none can be made. */
  readonly open: () => Promise<OwnRedisClient | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The connection to Redis: the user's own, or one that the agent opened. A command that could not be sent in time is taken out
 * of the client's queue: once a call has failed, nothing of it happens later. (What was sent already can no longer be
 * called back.)
 *
 * After a failover a client may stay connected to what is a replica now, or wait for a server that is gone. So a connection
 * that leads to a replica or does not answer is replaced by a new one, which resolves names and slots anew. The user's client
 * is left alone: then the new one is the agent's, which also closes it.
 */
export class RedisConnection {
  readonly #source: RedisSource;
  #own: OwnRedisClient | undefined;
  #connecting: Promise<RedisClient> | undefined;
  #replacedAt: number;
  /** When the first of the calls left that no answer has followed. */
  #silentSince: number | undefined;
  #isClosed = false;
  /** Ends the attempt to connect that is on its way. */
  #abandon: (() => void) | undefined;

  constructor(source: RedisSource) {
    this.#source = source;
    this.#replacedAt = source.clock.monotonic();
  }

  /** Runs a Lua script: atomic, and the one way in which everything here is read and written. */
  async run(
    script: string,
    keys: readonly string[],
    args: readonly (string | Buffer)[],
    deadline: Deadline,
  ): Promise<unknown> {
    return this.#call(deadline, (client) =>
      client
        .withCommandOptions({ abortSignal: deadline.signal })
        .eval(script, { keys: [...keys], arguments: [...args] }),
    );
  }

  /** @throws DamagedError when it is no string, or longer than anything that was written */
  async text(key: string, deadline: Deadline): Promise<string | undefined> {
    const reply = await this.run(GET, [key], [String(MOST_VALUE_BYTES)], deadline);
    if (Array.isArray(reply)) throw new DamagedError(`it is ${String(reply[0])}`);
    return typeof reply === 'string' ? reply : undefined;
  }

  async bytes(key: string, most: number, deadline: Deadline): Promise<Buffer | undefined> {
    const reply = await this.#call(deadline, (client) =>
      client
        .withCommandOptions({ abortSignal: deadline.signal, typeMapping: AS_BYTES })
        .eval(GET, { keys: [key], arguments: [String(most)] }),
    );
    if (Array.isArray(reply)) throw new DamagedError(`a part of it is ${String(reply[0])}`);
    return Buffer.isBuffer(reply) ? reply : undefined;
  }

  /** Keeps a copy of what a key holds; resolves its name. The first one of a day stays. */
  async setAside(key: string, deadline: Deadline): Promise<string | undefined> {
    const copy = `${key}:damaged-${new Date(this.#source.clock.now()).toISOString().slice(0, 10)}`;
    const kept = await this.run(SET_ASIDE, [key, copy], [String(KEPT_MS)], deadline);
    return kept === 1 ? copy : undefined;
  }

  /** Closes what the agent opened. */
  close(): void {
    this.#isClosed = true;
    this.#dispose();
  }

  async #call<T>(deadline: Deadline, send: (client: RedisClient) => Promise<T>): Promise<T> {
    const startedAt = this.#source.clock.monotonic();
    try {
      const client = await this.#client(deadline);
      const reply = await send(client);
      this.#silentSince = undefined;
      return reply;
    } catch (error) {
      if (isReply(error)) this.#silentSince = undefined;
      else this.#silentSince ??= startedAt;
      this.#replaceIfUseless(error);
      throw explained(error);
    }
  }

  async #client({ signal }: Deadline): Promise<RedisClient> {
    let client: RedisClient | undefined = this.#own;
    if (client?.isOpen !== true) {
      this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
      client = await this.#connecting;
    }
    signal.throwIfAborted();
    return client;
  }

  async #connect(): Promise<RedisClient> {
    const { given } = this.#source;
    if (this.#own === undefined && given !== undefined) return given();
    return this.#openOwn();
  }

  /** Gives up a connection that leads to a replica, or that nothing has come back on for a while. */
  #replaceIfUseless(error: unknown): void {
    const { clock, logger } = this.#source;
    const now = clock.monotonic();
    const leadsToReplica = /\b(READONLY|MASTERDOWN)\b/.test(messageOf(error));
    const isSilent = this.#silentSince !== undefined && now - this.#silentSince >= RECONNECT_EVERY_MS;
    if (this.#isClosed || (!leadsToReplica && !isSilent) || now - this.#replacedAt < RECONNECT_EVERY_MS) return;
    this.#replacedAt = now;
    this.#openOwn().then(
      () => {
        if (this.#source.given === undefined) return;
        logger.warn(
          `The client behind the Keyv ${leadsToReplica ? 'leads to a read-only replica' : 'does not answer'}, as after a ` +
            'failover. The agent goes on with a connection of its own, made with the same options; reconnect your client.',
        );
      },
      () => undefined,
    );
  }

  /** Opens a further client and uses it once it is connected; the one before is closed if it was ours. */
  async #openOwn(): Promise<RedisClient> {
    const client = await this.#source.open();
    if (client === undefined) throw new Error('its client cannot be duplicated: reconnect it');
    // Without a listener, the error would end the process. What fails shows in the calls.
    client.on('error', () => undefined);
    this.#abandon?.();
    const abandoned = new Promise<never>((_, reject) => {
      this.#abandon = () => reject(new Error('the connection was given up'));
    });
    try {
      // A client goes on trying for ever: whoever waits must learn when it is no longer the one.
      await Promise.race([client.connect(), abandoned]);
    } catch (error) {
      destroy(client);
      throw error;
    }
    this.#dispose();
    if (this.#isClosed) {
      destroy(client);
      throw new Error('the store was closed');
    }
    this.#own = client;
    return client;
  }

  #dispose(): void {
    this.#abandon?.();
    this.#abandon = undefined;
    if (this.#own !== undefined) destroy(this.#own);
    this.#own = undefined;
  }
}

/** Rejects what waits on the client; some clients throw when they are closed already. */
function destroy(client: OwnRedisClient): void {
  try {
    void Promise.resolve(client.destroy()).catch(() => undefined);
  } catch {
    // Nothing is left to close.
  }
}

/** The server answered: its errors start with a code in capitals. */
function isReply(error: unknown): boolean {
  return /^-?[A-Z][A-Z]+ /.test(messageOf(error));
}

/** An error that says what to do where the reply does not. */
function explained(error: unknown): unknown {
  if (!messageOf(error).startsWith('MOVED ')) return error;
  const advice =
    'this server is part of a Redis Cluster: give KeyvRedis a cluster, as `new KeyvRedis({ rootNodes: […] })`';
  return new Error(`MOVED ${advice} (${messageOf(error)})`, { cause: error });
}
