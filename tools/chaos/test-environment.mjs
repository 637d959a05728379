import { startSandbox } from '@crowdsec-sdk/sandbox';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../redis-server.mjs';

/** @import { Call, Sandbox, SandboxOptions } from '@crowdsec-sdk/sandbox' */
/** @import { PlaceOf, StoreKind, TestEnvironment } from './types.d.mts' */

/**
 * Runs `run` with a sandbox and with a place where agents keep their state: a private Redis that writes every command to disk
 * before it answers, or a folder.
 *
 * @template {StoreKind} S
 * @template R
 * @param {S} store
 * @param {SandboxOptions} options
 * @param {(environment: TestEnvironment<PlaceOf<S>>) => Promise<R>} run
 */
export async function inTestEnvironment(store, options, run) {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-chaos-'));
  const redis = store === 'redis' ? await startRedis({ appendOnly: true }) : undefined;
  const sandbox = await startSandbox(options);
  try {
    const place = /** @type {PlaceOf<S>} */ (
      redis === undefined ? { stateDir: join(folder, 'state') } : { redisSocket: redis.socket }
    );
    return await run({ sandbox, redis, place, folder });
  } finally {
    await sandbox.stop();
    await redis?.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The calls that the sandbox got with this method and path.
 *
 * @param {Sandbox} sandbox
 * @param {string} method
 * @param {string} path
 */
export function callsTo(sandbox, method, path) {
  return sandbox.calls.filter((call) => call.method === method && call.path === path);
}

/**
 * Between two calls of one machine, by the time of their arrival, in ms.
 *
 * @param {readonly Call[]} calls
 */
export function shortestGap(calls) {
  const last = new Map();
  let shortest = Infinity;
  for (const { machineId, at } of calls) {
    shortest = Math.min(shortest, at - (last.get(machineId) ?? -Infinity));
    last.set(machineId, at);
  }
  return shortest;
}
