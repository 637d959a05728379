import KeyvRedis from '@keyv/redis';
import { execFileSync } from 'node:child_process';
import Keyv from 'keyv';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../redis-server.mjs';
import { openBenchStore } from './restart-store.mjs';
import { indexOf, print, row, sets } from './setup.mjs';

/** @import { Round } from './types.d.mts' */

/**
 * From the stored snapshot to the first answer, the opening of the store included, against a bare copy of as many
 * bytes; each time in a process of its own that has just started, with nothing compiled yet.
 */
const ROUNDS = 15;
const once = fileURLToPath(new URL('restart-once.mjs', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'crowdsec-bench-'));
const redis = await startRedis();
const keyv = new Keyv(new KeyvRedis({ socket: { path: redis.socket, tls: false } }));

try {
  for (const values of sets([60_000, 1_000_000])) {
    const blob = (await indexOf(values)).toBlob();
    const [listed] = values[0].split('/');
    /** @type {Record<'from-file' | 'from-file-unchecked' | 'from-redis', Round[]>} */
    const rounds = { 'from-file': [], 'from-file-unchecked': [], 'from-redis': [] };
    for (const place of [{ stateDir: folder }, { store: keyv }]) {
      const store = openBenchStore(place);
      await store.putBlob('decisions', blob);
      await store.close();
    }
    for (let i = 0; i < ROUNDS; i++) {
      rounds['from-file'].push(start('file', folder, listed));
      rounds['from-file-unchecked'].push(start('file', folder, listed, 'unchecked'));
      rounds['from-redis'].push(start('redis', redis.socket, listed));
    }
    for (const [name, times] of Object.entries(rounds)) print(row('restart', name, values.length, 'ms', times));
  }
} finally {
  await keyv.disconnect();
  await redis.dispose();
  await rm(folder, { recursive: true });
}

/**
 * @param {...string} args
 * @returns {Round}
 */
function start(...args) {
  return JSON.parse(execFileSync(process.execPath, [once, ...args], { encoding: 'utf8' }));
}
