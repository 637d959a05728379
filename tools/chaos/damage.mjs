import { startSandbox } from '@crowdsec-sdk/sandbox';
import { createClient, RESP_TYPES } from '@redis/client';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { startRedis } from '../redis-server.mjs';
import { StoreWatcher, until } from './store-watcher.mjs';

/** @import { Sandbox } from '@crowdsec-sdk/sandbox' */
/** @import { ChaosOutcome, ChaosOptions, Say, StorePlace } from './types.d.mts' */

const DEADLINE_MS = 40_000;

/** @type {Readonly<Record<string, (text: string) => string>>} */
const DAMAGES = {
  emptied: () => '',
  halved: (text) => text.slice(0, text.length / 2),
  garbage: () => '\u0001{]garbage\u0002',
  null: () => 'null',
  'wrong type': () => '"text"',
};

/**
 * Every file, or key of Redis, that an agent leaves behind, times every kind of damage: an agent that starts then must send what is
 * reported, with one machine and without a login or pull before its time. Damaged credentials must be left as they are, and named.
 *
 * @param {Pick<ChaosOptions, 'store'>} options
 * @param {Say} say
 * @returns {Promise<ChaosOutcome>}
 */
export async function damage({ store }, say) {
  const sandbox = await startSandbox();
  const environment = store === 'redis' ? await onRedis() : await onFiles();
  /** @type {string[]} */
  const stuck = [];
  /** @type {string[]} */
  const early = [];
  let cases = 0;
  try {
    await runOnce(sandbox, environment.place);
    const saved = await environment.save();
    for (const name of await environment.names()) {
      for (const [kind, change] of Object.entries(DAMAGES)) {
        await environment.restore(saved);
        await environment.change(name, change);
        const { problems, pulls, log } = await startedOn(
          sandbox,
          environment.place,
          /credentials$|credentials\.json$/.test(name),
        );
        cases += 1;
        if (pulls > 0) early.push(`${name} ${kind}`);
        if (problems.length === 0) continue;
        stuck.push(`${name} ${kind}`);
        say(`${name}, ${kind}: ${problems.join(', ')}; ${log.join(' | ').slice(0, 400)}`);
      }
      say(`${name}: done, ${stuck.length} of ${cases} stuck, ${early.length} pulled early`);
    }
  } finally {
    await environment.dispose();
    await sandbox.stop();
  }
  for (const each of early) say(`pulled before its time: ${each}`);
  return {
    about: `What an agent leaves on ${store}, damaged in every way, one after the other.`,
    figures: { cases, stuck: stuck.length, 'pulled before its time': early.length },
    promises: [
      [
        'the agent goes on: it stores and sends, as one machine with at most one login; damaged credentials are named',
        stuck.length === 0,
      ],
      ['nothing is pulled before its time', early.length === 0],
    ],
  };
}

/**
 * Runs an agent until it has registered, pulled and stored something.
 *
 * @param {Sandbox} sandbox
 * @param {StorePlace} place
 */
async function runOnce(sandbox, place) {
  const agent = new StoreWatcher({ apiUrl: sandbox.url, place, flushes: true });
  await until(
    () => agent.health?.pulled === true && sandbox.signals.length > 0 && agent.stored.length > 5,
    DEADLINE_MS,
  );
  await agent.stop();
}

/**
 * Starts an agent on what is damaged.
 *
 * @param {Sandbox} sandbox
 * @param {StorePlace} place
 * @param {boolean} isIdentity
 */
async function startedOn(sandbox, place, isIdentity) {
  const calls = sandbox.calls.length;
  const agent = new StoreWatcher({ apiUrl: sandbox.url, place, flushes: true });
  /** @type {string[]} */
  const problems = [];
  const count = (/** @type {string} */ path) =>
    sandbox.calls.slice(calls).filter((call) => call.path === path && call.status !== undefined).length;
  if (isIdentity) {
    const isNamed = () => agent.health?.codes.some((code) => /STORE_/.test(code)) === true;
    if (!(await until(isNamed, DEADLINE_MS))) problems.push('health does not name it');
  } else {
    const isStored = () => agent.stored.length > 0 && agent.health?.reachable === true;
    if (!(await until(isStored, DEADLINE_MS))) problems.push('nothing is stored');
    if (!(await until(() => count('/v3/signals') > 0, DEADLINE_MS))) problems.push('nothing is sent');
  }
  if (sandbox.machines.length !== 1) problems.push(`${sandbox.machines.length} machines`);
  if (count('/v3/watchers/login') > 1) problems.push(`${count('/v3/watchers/login')} logins`);
  if (!agent.isAlive) problems.push('the process ended');
  await agent.stop();
  return { problems, pulls: count('/v3/decisions/stream'), log: agent.log };
}

async function onFiles() {
  const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-damage-'));
  const files = async () => {
    const found = await readdir(stateDir, { recursive: true, withFileTypes: true });
    return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  };
  return {
    place: { stateDir },
    names: async () => (await files()).map((file) => relative(stateDir, file)),
    save: async () =>
      Promise.all((await files()).map(async (file) => /** @type {const} */ ([file, await readFile(file)]))),
    async restore(/** @type {readonly (readonly [string, Buffer])[]} */ saved) {
      for (const file of await files()) await rm(file);
      for (const [file, bytes] of saved) await writeFile(file, bytes);
    },
    async change(/** @type {string} */ name, /** @type {(text: string) => string} */ change) {
      const file = join(stateDir, name);
      await writeFile(file, change(await readFile(file, 'latin1')), 'latin1');
    },
    dispose: () => rm(stateDir, { recursive: true }),
  };
}

async function onRedis() {
  const redis = await startRedis({ tcp: true });
  const client = await createClient({ socket: { path: redis.socket, tls: false } }).connect();
  const inBytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  return {
    place: { url: `redis://127.0.0.1:${redis.port}` },
    names: async () => (await client.keys('*')).sort(),
    save: async () =>
      Promise.all((await client.keys('*')).map(async (key) => /** @type {const} */ ([key, await inBytes.dump(key)]))),
    async restore(/** @type {readonly (readonly [string, Buffer])[]} */ saved) {
      await client.flushAll();
      for (const [key, dump] of saved) await client.sendCommand(['RESTORE', key, '0', dump]);
    },
    async change(/** @type {string} */ name, /** @type {(text: string) => string} */ change) {
      const kind = await client.type(name);
      if (kind === 'hash') {
        for (const [id, text] of Object.entries(await client.hGetAll(name))) await client.hSet(name, id, change(text));
      } else {
        await client.set(name, change(kind === 'string' ? ((await client.get(name)) ?? '') : 'a list of ids'));
      }
    },
    async dispose() {
      client.destroy();
      await redis.dispose();
    },
  };
}
