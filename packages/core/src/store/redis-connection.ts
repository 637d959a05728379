import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import { failureReason } from '../http/failure-reason.js';
import type { Logger } from '../logger.js';
import { DamagedError, MAX_VALUE_BYTES } from './damaged-error.js';
import type { Deadline } from '../deadline.js';
import { ClosableRedisClient } from './closable-redis-client.js';
import type { OwnRedisClient, RedisClient } from './redis-client.js';
import { GET, SET_ASIDE } from './redis-scripts.js';

/** RESP's type of a string, which is to be read as bytes. */
const AS_BYTES = { 36: Buffer };
/** A connection is given up at most this often, in ms. */
const RECONNECT_EVERY_MS = 2_500;
/** Calls have gone unanswered for so long, in ms, when a connection is taken for dead. */
const SILENT_MS = 900;
/** How long the code of a client may take to load, in ms. */
const LOAD_MS = 30_000;
/** How long copies of damaged values stay, in ms. */
const KEPT_MS = 30 * 24 * 3_600_000;

export interface RedisSource {
  /** The client of the user, connected; undefined where the agent opens its own from the start. */
  readonly given?: () => Promise<RedisClient>;
  /** Loads the code that `open` needs, which takes a busy machine seconds. */
  readonly load?: () => Promise<unknown>;
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
 * that leads to a replica or does not answer is replaced by a new one, which resolves names and slots again. The user's client
 * is left alone: then the new one is the agent's, which also closes it.
 */
export class RedisConnection {
  readonly #source: RedisSource;
  #own: ClosableRedisClient | undefined;
  #isLoaded = false;
  #connecting: Promise<RedisClient> | undefined;
  #replacedAt = -Infinity;
  #replacing: Promise<boolean> | undefined;
  /** When the first of the calls left that no answer has followed. */
  #silentSince: number | undefined;
  #isClosed = false;
  #trouble: string | undefined;
  /** Ends the attempt to connect that is on its way. */
  #abandon: (() => void) | undefined;

  constructor(source: RedisSource) {
    this.#source = source;
  }

  /** What the client last failed with, since a call was answered. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** The client tells that it failed. */
  noteTrouble(error: unknown): void {
    this.#trouble = failureReason(error);
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
    const reply = await this.run(GET, [key], [String(MAX_VALUE_BYTES)], deadline);
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
    if (!this.#isLoaded) await this.#load(deadline);
    // As deadlines of the store do, this counts the time of the machine.
    const startedAt = performance.now();
    // A command that was sent and not answered stays pending; its deadline reports the failure.
    const late = (): void => this.#isSilent(startedAt, deadline.signal.reason);
    deadline.signal.addEventListener('abort', late, { once: true });
    try {
      const client = await this.#client(deadline);
      const reply = await send(client);
      this.#silentSince = undefined;
      this.#trouble = undefined;
      return reply;
    } catch (error) {
      if (isReply(error)) this.#silentSince = this.#trouble = undefined;
      else this.#isSilent(startedAt, error);
      const replaced = leadsToReplica(error) ? this.#replaceIfUseless(error) : undefined;
      if (replaced === undefined) throw explained(error);
      // A replica refused the call, so that nothing of it has happened.
      if (!(await replaced) || deadline.signal.aborted) throw explained(error);
      return await send(await this.#client(deadline));
    } finally {
      deadline.signal.removeEventListener('abort', late);
    }
  }

  /** The server is not to blame for the time that this takes, so the time of the call starts after it. */
  async #load(deadline: Deadline): Promise<void> {
    const { load } = this.#source;
    if (load !== undefined) {
      deadline.extend(LOAD_MS);
      await load();
      deadline.extend();
    }
    this.#isLoaded = true;
    deadline.signal.throwIfAborted();
  }

  #isSilent(since: number, error: unknown): void {
    this.#silentSince ??= since;
    void this.#replaceIfUseless(error);
  }

  async #client({ signal }: Deadline): Promise<RedisClient> {
    let client: RedisClient | undefined = this.#own?.client;
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

  /**
   * Gives up a connection that leads to a replica, or that nothing has come back on for a while.
   *
   * @returns whether there is a new one; undefined when none was tried
   */
  #replaceIfUseless(error: unknown): Promise<boolean> | undefined {
    if (this.#replacing !== undefined && leadsToReplica(error)) return this.#replacing;
    const now = performance.now();
    const isReplica = leadsToReplica(error);
    const isSilent = this.#silentSince !== undefined && now - this.#silentSince >= SILENT_MS;
    if (this.#isClosed || (!isReplica && !isSilent) || now - this.#replacedAt < RECONNECT_EVERY_MS) return undefined;
    this.#replacedAt = now;
    const replacing = this.#replace(isReplica).finally(() => {
      if (this.#replacing === replacing) this.#replacing = undefined;
    });
    return (this.#replacing = replacing);
  }

  async #replace(isReplica: boolean): Promise<boolean> {
    const usedGiven = this.#own === undefined && this.#source.given !== undefined;
    try {
      // A client that answers again by then is as good.
      await this.#openOwn(() => isReplica || this.#silentSince !== undefined);
    } catch (error) {
      if (usedGiven && isReplica)
        this.#source.logger.warn(`The client behind the Keyv leads to a replica: ${messageOf(error)}`, {
          code: 'STORE_REPLICA',
          error,
        });
      return false;
    }
    if (usedGiven) {
      this.#source.logger.warn(
        `The client behind the Keyv ${isReplica ? 'leads to a read-only replica' : 'does not answer'}, as after a failover. ` +
          'The agent goes on with a connection of its own, made with the same options; reconnect your client.',
        { code: 'STORE_RECONNECTED' },
      );
    }
    return true;
  }

  /**
   * Opens a further client and uses it once it is connected; the one before is closed if it was ours.
   *
   * @param isWanted asked once it is connected
   */
  async #openOwn(isWanted = (): boolean => true): Promise<RedisClient> {
    const client = await this.#source.open();
    this.#throwIfClosed();
    if (client === undefined) throw new Error('it cannot be duplicated: reconnect it after a failover');
    // Without a listener, the error would end the process. What fails shows in the calls.
    client.on('error', (error) => this.noteTrouble(error));
    const own = new ClosableRedisClient(client);
    this.#abandon?.();
    const abandoned = new Promise<never>((_, reject) => {
      this.#abandon = () => reject(new Error('the connection was given up'));
    });
    try {
      // A client retries without end: callers that wait for it must be notified when it is replaced.
      await Promise.race([own.connect(), abandoned]);
    } catch (error) {
      own.close();
      throw error;
    }
    if (this.#isClosed || !isWanted()) {
      own.close();
      throw new Error('the connection is no longer needed');
    }
    this.#dispose();
    this.#own = own;
    return client;
  }

  /** A client that connects retries without end, and once this is closed nobody is left to end that. */
  #throwIfClosed(): void {
    if (this.#isClosed) throw new Error('the connection is closed');
  }

  #dispose(): void {
    this.#abandon?.();
    this.#abandon = undefined;
    this.#own?.close();
    this.#own = undefined;
  }
}

/** A replica answered, which takes no writes. */
function leadsToReplica(error: unknown): boolean {
  return /\b(READONLY|MASTERDOWN)\b/.test(messageOf(error));
}

/** The server answered: its errors start with a code in capitals. */
function isReply(error: unknown): boolean {
  return /^-?[A-Z][A-Z]+ /.test(messageOf(error));
}

/** The error with advice on what to do, if the reply contains none. */
function explained(error: unknown): unknown {
  if (!messageOf(error).startsWith('MOVED ')) return error;
  const advice =
    'this server is part of a Redis Cluster: give KeyvRedis a cluster, as `new KeyvRedis({ rootNodes: […] })`';
  return new Error(`MOVED ${advice} (${messageOf(error)})`, { cause: error });
}
