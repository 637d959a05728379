import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openInstallation } from '../../packages/core/dist/installation.js';
import { toBlob } from '../../packages/core/dist/refresh/snapshot.js';
import { indexOf, print, rotated, row, sets } from './setup.mjs';

/**
 * The processor time of one command on a file store, against that of a Node that does nothing: what a command has to wait for before it can
 * begin. `decisions check IP` with 500,000 decisions is to take less than 300 ms, the start of Node included.
 */
const ROUNDS = 15;
const WARM_UP = 2;
const meter = new URL('cpu-at-exit.mjs', import.meta.url).href;
const command = fileURLToPath(new URL('../../packages/cli/bin/crowdsec-sdk.js', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'crowdsec-bench-command-'));
const place = { apiUrl: 'http://127.0.0.1:9/', stateDir: join(folder, 'state') };

try {
  for (const values of sets([500_000])) {
    const { store, close } = openInstallation(place);
    await store.putBlob('decisions', toBlob({ index: await indexOf(values), pulledAt: Date.now(), sourceState: {} }));
    await close();
    const [listed] = values[0].split('/');
    /** @type {Record<string, { args: string[], expected: string }>} */
    const subjects = {
      floor: { args: ['--eval', '0'], expected: '' },
      'decisions check': { args: [command, 'decisions', 'check', listed, '--json'], expected: listed },
      explain: { args: [command, 'explain', listed, '--json'], expected: listed },
      version: { args: [command, 'version'], expected: '' },
    };
    const names = Object.keys(subjects);
    const rounds = [];
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      /** @type {Record<string, number>} */
      const times = {};
      for (const name of rotated(names, round + WARM_UP)) times[name] = cpuMs(subjects[name]);
      if (round >= 0) rounds.push(times);
    }
    for (const name of names.slice(1)) {
      const paired = rounds.map((times) => ({ value: times[name], floor: times.floor }));
      print(row('command', name, values.length, 'ms of CPU', paired));
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** @param {{ args: string[], expected: string }} subject @returns {number} the processor time of a process, in ms */
function cpuMs({ args, expected }) {
  const { status, stdout, stderr, output } = spawnSync(process.execPath, ['--import', meter, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, CROWDSEC_API_URL: place.apiUrl, CROWDSEC_STATE_DIR: place.stateDir },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  if (status === null || !stdout.includes(expected)) throw new Error(`${args.join(' ')} failed: ${stderr}${stdout}`);
  return Number(output[3]);
}
