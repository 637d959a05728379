import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../packages/core/dist/clock.js';
import { DecisionIndex } from '../../packages/core/dist/decisions/decision-index.js';
import { silentLogger } from '../../packages/core/dist/logger.js';
import { RemediationEngine } from '../../packages/core/dist/remediation/remediation-engine.js';
import { openStore } from '../../packages/core/dist/store/open-store.js';
import { startRedis } from '../redis-server.mjs';
import { indexOf, row, sets } from './setup.mjs';

/**
 * From the stored snapshot to the first answer, the opening of the store included, against a bare copy of as many bytes. Each
 * place opens its store anew for every round; closing it is not measured.
 */
const ROUNDS = 15;
const folder = await mkdtemp(join(tmpdir(), 'crowdsec-bench-'));
const redis = await startRedis();
const scope = { namespace: 'bench', apiRoot: 'https://capi.example', clock: systemClock, logger: silentLogger };

const places = {
  'from-file': () => {
    const store = openStore({ ...scope, stateDir: folder });
    return { store, close: () => store.close() };
  },
  'from-redis': () => {
    const keyv = new Keyv(new KeyvRedis({ socket: { path: redis.socket, tls: false } }));
    return { store: openStore({ ...scope, store: keyv }), close: () => keyv.disconnect() };
  },
};

const report = [];
try {
  for (const values of sets([60_000, 1_000_000])) {
    for (const [name, open] of Object.entries(places)) report.push(row('restart', name, values.length, 'ms', await measure(values, open)));
  }
} finally {
  await redis.dispose();
  await rm(folder, { recursive: true });
}
console.log(JSON.stringify(report));

async function measure(values, open) {
  const blob = (await indexOf(values)).toBlob();
  const [listed] = values[0].split('/');
  const first = open();
  await first.store.putBlob('decisions', blob);
  await first.close();
  const rounds = [];
  for (let i = -2; i < ROUNDS; i++) {
    globalThis.gc();
    const floor = await milliseconds(() => Buffer.concat(blob.chunks));
    let opened;
    const value = await milliseconds(async () => {
      opened = open();
      const engine = new RemediationEngine({ clock: systemClock });
      engine.swap(await DecisionIndex.fromBlob(await opened.store.getBlob('decisions')));
      if (engine.getIpRemediation(listed).origin === 'clean') throw new Error('a listed address is not found');
    });
    await opened.close();
    if (i >= 0) rounds.push({ value, floor });
  }
  return rounds;
}

async function milliseconds(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
