import { startSandbox } from '@crowdsec-sdk/sandbox';
import { createClient } from '@keyv/redis';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { freePort, startRedis } from '../redis-server.mjs';
import { clusterFailover, sentinelFailover } from './redis-topologies.mjs';
import { StoreWatcher, until } from './store-watcher.mjs';

/** @import { ChaosOutcome, Say, StorePlace } from './types.d.mts' */
/** @import { RedisServer } from '../redis-server.d.mts' */

/** Within this time, in ms, health must name a trouble, and the agent work again after its end. */
const PROMISED_MS = 10_000;
/** So long, in ms, is waited before a promise counts as broken for good. */
const DEADLINE_MS = 60_000;

/**
 * Redis full, read-only, paused, failed over behind one name, and failed over as Redis Cluster and Sentinel do it; for an agent that was
 * given a client and for one that was given a URL. What Redis is asked for is done and undone here; the processes know nothing.
 *
 * @param {unknown} _
 * @param {Say} say
 * @returns {Promise<ChaosOutcome>}
 */
export async function redis(_, say) {
  /** @type {Record<string, number>} */
  const figures = {};
  /** @type {[string, boolean][]} */
  const promises = [];
  /** @param {string} name @param {{ named: number; recovered: number; kept: boolean }} result */
  const note = (name, { named, recovered, kept }) => {
    say(`${name}: named after ${seconds(named)} s, works again after ${seconds(recovered)} s`);
    figures[`${name}: named after, s`] = seconds(named);
    figures[`${name}: works again after, s`] = seconds(recovered);
    promises.push([`${name}: health names it within 10 s`, named <= PROMISED_MS]);
    promises.push([`${name}: works again within 10 s`, recovered <= PROMISED_MS]);
    promises.push([`${name}: nothing that was stored is missing, one machine, one login, one pull`, kept]);
  };
  for (const form of /** @type {const} */ (['url', 'keyvUrl'])) {
    for (const [fault, injectFault] of Object.entries(FAULTS)) {
      note(`${fault} (${form === 'url' ? 'URL' : 'Keyv'})`, await behindOneName(form, injectFault));
    }
  }
  note('cluster', await clusterFailover(say));
  note('sentinel', await sentinelFailover(say));
  return { about: 'Troubles of Redis, each with a real agent in a process of its own.', figures, promises };
}

/** @param {number} ms */
const seconds = (ms) => Math.round(ms / 100) / 10;

/**
 * What is done to Redis. Resolves what ends it; `second` follows `first` as a replica.
 *
 * @type {Record<string, (environment: { first: RedisServer; second: RedisServer; lead: (port: number) => void }) => Promise<() => Promise<void>>>}
 */
const FAULTS = {
  async full({ first }) {
    await ask(first, ['CONFIG', 'SET', 'maxmemory', '1']);
    return () => ask(first, ['CONFIG', 'SET', 'maxmemory', '0']);
  },
  async 'read-only'({ first, second }) {
    await ask(second, ['REPLICAOF', 'NO', 'ONE']);
    await ask(first, ['REPLICAOF', '127.0.0.1', String(await freePort())]);
    return () => ask(first, ['REPLICAOF', 'NO', 'ONE']);
  },
  async paused({ first }) {
    first.pause();
    return () => Promise.resolve(first.resume());
  },
  // The old master lives on as a replica, and so do the connections to it.
  async 'failed over'({ first, second, lead }) {
    await caughtUp(first);
    await ask(second, ['REPLICAOF', 'NO', 'ONE']);
    await ask(first, ['REPLICAOF', '127.0.0.1', String(second.port)]);
    return () => Promise.resolve(lead(second.port));
  },
  // The old master falls silent, without a word to those who are connected.
  async 'failed over from a silent master'({ first, second, lead }) {
    await caughtUp(first);
    first.pause();
    return async () => {
      await ask(second, ['REPLICAOF', 'NO', 'ONE']);
      lead(second.port);
    };
  },
};

/**
 * @param {'url' | 'keyvUrl'} form
 * @param {(typeof FAULTS)[string]} injectFault
 */
async function behindOneName(form, injectFault) {
  const first = await startRedis({ tcp: true, appendOnly: true });
  const second = await startRedis({ tcp: true, appendOnly: true });
  let port = first.port;
  // As a name or a virtual address does: new connections go where it leads now, those that are open stay.
  const name = createServer((socket) => {
    const onward = connect(port, '127.0.0.1');
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on('error', () => (socket.destroy(), onward.destroy()));
  }).listen(0, '127.0.0.1');
  await once(name, 'listening');
  const address = name.address();
  const url = `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  try {
    await ask(second, ['REPLICAOF', '127.0.0.1', String(first.port)]);
    const place = /** @type {StorePlace} */ ({ [form]: url });
    return await runWithFault(place, async () => {
      const end = await injectFault({ first, second, lead: (to) => void (port = to) });
      return { end, holder: () => (port === first.port ? first : second) };
    });
  } finally {
    name.close();
    first.resume();
    await first.dispose();
    await second.dispose();
  }
}

/**
 * Runs an agent on a store, causes the trouble, ends it, and looks what is left.
 *
 * @param {StorePlace} place
 * @param {() => Promise<{ end: () => Promise<void>; holder: () => RedisServer }>} injectFault
 */
async function runWithFault(place, injectFault) {
  const sandbox = await startSandbox();
  const agent = new StoreWatcher({ apiUrl: sandbox.url, place });
  try {
    await agent.untilHealthy(DEADLINE_MS);
    await until(() => agent.health?.pulled === true, DEADLINE_MS);
    const { end, holder } = await injectFault();
    const named = await agent.untilUnhealthy(DEADLINE_MS);
    await end();
    const recovered = await agent.untilHealthy(DEADLINE_MS);
    const stored = [...agent.stored];
    const client = await clientOf(holder());
    const [values = ''] = await client.keys('*journal:values');
    const waiting = new Set(await client.hKeys(values));
    client.destroy();
    const delivered = new Set(sandbox.signals.map(({ signal }) => signal.uuid));
    const missing = stored.filter((uuid) => !waiting.has(uuid) && !delivered.has(uuid));
    const count = (/** @type {string} */ path) => sandbox.calls.filter((call) => call.path === path).length;
    const spent = [sandbox.machines.length, count('/v3/watchers/login'), count('/v3/decisions/stream')];
    return { named, recovered, kept: missing.length === 0 && spent.every((each) => each === 1) };
  } finally {
    await agent.stop();
    await sandbox.stop();
  }
}

/** @param {RedisServer} server */
function clientOf(server) {
  return createClient({ socket: { path: server.socket, tls: false } })
    .on('error', () => undefined)
    .connect();
}

/** @param {RedisServer} server @param {string[]} command */
async function ask(server, command) {
  const client = await clientOf(server);
  await client.sendCommand(command);
  client.destroy();
}

/** Waits until the replica has all that the master wrote. @param {RedisServer} master */
async function caughtUp(master) {
  const client = await clientOf(master);
  await until(async () => Number(await client.sendCommand(['WAIT', '1', '1000'])) === 1, DEADLINE_MS);
  client.destroy();
}
