import { isAbsolute, join, resolve } from 'node:path';
import { Keyv } from 'keyv';
import type { Clock } from '../clock.js';
import { CrowdsecError } from '../errors.js';
import type { Logger } from '../logger.js';
import { homeFolder } from '../operating-system.js';
import { knowSecretsOfUrl } from '../redaction/redaction.js';
import { composeStore } from './compose-store.js';
import { fileStore } from './file-store.js';
import { codecOf } from './keyv-codec.js';
import { listenToErrors } from './keyv-errors.js';
import { isInMemory, isKeyvLike, type KeyvLike } from './keyv-like.js';
import { keyvStore } from './keyv-store.js';
import { redisAdapterOf } from './redis-client.js';
import { RedisConnection } from './redis-connection.js';
import { hostOfClient, hostOfUrl } from './redis-host.js';
import { clientOfUrl, isRedisUrl, loadClientMaker } from './redis-url.js';
import { redisStore } from './redis-store.js';
import { type Scope, scopeOf } from './scope.js';
import type { StoreEngine } from './store-engine.js';
import type { Store } from './store.js';

export interface OpenStoreOptions {
  /** A Keyv of the user, or the URL of a Redis or Valkey (`redis://`, `rediss://`); without one, files. */
  readonly store?: KeyvLike | string | undefined;
  /** The folder for files; default `crowdsec-sdk` in `$XDG_STATE_HOME` or `~/.local/state`. */
  readonly stateDir?: string | undefined;
  /** Installations that share a store differ in it. */
  readonly namespace: string;
  /** The root of the API: all state belongs to one. */
  readonly apiRoot: string;
  /** Without a Keyv and a `stateDir`: keep everything in memory. */
  readonly ephemeral?: boolean | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a call to the store may take, in ms. Default 2000. */
  readonly deadlineMs?: number | undefined;
  /** Read-only use: damaged values are logged, and not set aside; the processes that own them do that. */
  readonly keepsDamaged?: boolean | undefined;
}

/**
 * Opens the store that the options ask for. It is synchronous and uses neither disk nor network: a store out of reach shows
 * at the first call, which has a deadline.
 *
 * @throws `CROWDSEC_OPTION_INVALID` when `store` is neither a Keyv nor the URL of a Redis
 */
export function openStore(options: OpenStoreOptions): Store {
  const { clock, logger, deadlineMs = 2_000, keepsDamaged = false } = options;
  return composeStore(engineOf(options), { clock, logger, deadlineMs, keepsDamaged });
}

function engineOf({ store, stateDir, namespace, apiRoot, ephemeral, clock, logger }: OpenStoreOptions): StoreEngine {
  const scope = scopeOf(namespace, apiRoot);
  if (typeof store === 'string' && isRedisUrl(store)) {
    knowSecretsOfUrl(store);
    const redis = new RedisConnection({ load: loadClientMaker, open: () => clientOfUrl(store), clock, logger });
    const close = (): void => undefined;
    const description = `redis at ${hostOfUrl(store)}`;
    return redisStore({ redis, codec: codecOf(new Keyv()), prefix: scope.prefix, clock, close, description });
  }
  if (store !== undefined) return engineOfKeyv(store, scope, clock, logger);
  if (ephemeral === true && stateDir === undefined) {
    return keyvStore({ keyv: new Keyv(), prefix: scope.prefix, description: 'memory', durable: false, clock });
  }
  return fileStore(join(resolve(stateDir ?? defaultStateDir()), scope.folder), clock);
}

function engineOfKeyv(keyv: unknown, { prefix }: Scope, clock: Clock, logger: Logger): StoreEngine {
  if (!isKeyvLike(keyv)) {
    const message =
      'store is neither a Keyv nor a redis:// URL: pass an instance, as `new Keyv(new KeyvRedis(url))`, or leave it out to use files';
    throw new CrowdsecError('CROWDSEC_OPTION_INVALID', message, { path: 'store' });
  }
  const adapter = redisAdapterOf(keyv);
  if (adapter !== undefined) {
    const redis = new RedisConnection({
      given: async () => (adapter.client.isOpen ? adapter.client : adapter.getClient()),
      open: () => Promise.resolve(adapter.client.duplicate?.()),
      clock,
      logger,
    });
    const stopListening = listenToErrors(keyv, { clock, logger, note: (error) => redis.noteTrouble(error) });
    const description = ['keyv on redis', hostOfClient(adapter.client)].filter(Boolean).join(' at ');
    return redisStore({ redis, codec: codecOf(keyv), prefix, clock, close: stopListening, description });
  }
  const stopListening = listenToErrors(keyv, { clock, logger });
  const durable = !isInMemory(keyv);
  const description = durable ? 'keyv' : 'keyv in memory';
  logger.warn(
    `The store (${description}) serves one process, and signals that wait in it do not survive a crash` +
      (durable ? '.' : '; nothing in it outlives the process.') +
      ' Files (no `store`) or a Keyv on @keyv/redis have neither limit.',
    { code: 'STORE_OF_ONE_PROCESS', store: description },
  );
  return keyvStore({ keyv, prefix, description, durable, clock, close: stopListening });
}

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` when this user has no home */
function defaultStateDir(): string {
  const { XDG_STATE_HOME: given } = process.env;
  const parent = given !== undefined && isAbsolute(given) ? given : join(homeOrThrow(), '.local', 'state');
  return join(parent, 'crowdsec-sdk');
}

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` when this user has no home */
function homeOrThrow(): string {
  const home = homeFolder();
  if (home !== undefined && isAbsolute(home)) return home;
  throw new CrowdsecError(
    'CROWDSEC_OPTION_INVALID',
    'options.stateDir: is needed, since this user has no home folder to keep state in: HOME names none, and neither does the list of users',
    { path: 'options.stateDir' },
  );
}
