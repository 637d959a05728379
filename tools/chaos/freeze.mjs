import { startSandbox } from '@crowdsec-sdk/sandbox';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './store-watcher.mjs';
import { callsTo, shortestGap } from './test-environment.mjs';

const SCRIPT = fileURLToPath(new URL('freeze-worker.mjs', import.meta.url));
const DEADLINE_MS = 60_000;
/** How many points are tried at once: each waits for leases to run out most of the time. */
const AT_ONCE = 4;
/** How many times a file is put into place from the start of an agent to its first signals. */
const POINTS = 24;

/**
 * A process is frozen right before or after it puts a file into place, at each such point from its registration to its first signals; another
 * one goes on in the same folder; then the first one wakes up. Both must be one machine whose credentials stay as they are, and keep the pace
 * and the budgets together.
 *
 * @type {import('./types.d.mts').ChaosRun}
 */
export async function freeze(_options, say) {
  /** @type {string[]} */
  const broken = [];
  let frozen = 0;
  const points = Array.from({ length: POINTS }, (_each, index) => index + 1).flatMap((freezeAt) => [
    /** @type {const} */ ({ freezeAt, moment: 'before' }),
    /** @type {const} */ ({ freezeAt, moment: 'after' }),
  ]);
  const next = async () => {
    for (let point = points.shift(); point !== undefined; point = points.shift()) {
      const { wasFrozen, problems } = await frozenAt(point);
      if (wasFrozen) frozen++;
      const name = `${point.moment} rename ${point.freezeAt}`;
      if (problems.length > 0) broken.push(name);
      say(`${name}: ${wasFrozen ? 'frozen' : 'never reached'}${problems.map((text) => `, ${text}`).join('')}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return {
    about: `A process frozen at each of ${frozen} points, while another one goes on in the same folder.`,
    figures: { points: frozen, broken: broken.length },
    promises: [
      [
        'one machine, whose credentials stay as they are; one pull; calls with signals are 10 s apart',
        broken.length === 0,
      ],
      ['processes were frozen at all', frozen >= POINTS],
    ],
  };
}

/** @param {Pick<import('./types.d.mts').FreezeTask, 'freezeAt' | 'moment'>} point */
async function frozenAt(point) {
  const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-freeze-'));
  const sandbox = await startSandbox();
  const first = new FreezeProcess({ apiUrl: sandbox.url, stateDir, ...point });
  /** @type {FreezeProcess | undefined} */
  let second;
  /** @type {string[]} */
  const problems = [];
  try {
    const wasFrozen = await until(() => first.isFrozen(), 25_000);
    second = new FreezeProcess({ apiUrl: sandbox.url, stateDir, freezeAt: 0, moment: 'before' });
    const other = second;
    if (!(await until(() => (other.told?.sent ?? 0) > 0, DEADLINE_MS)))
      problems.push('the other process sends nothing');
    const before = await credentialsIn(stateDir);
    first.wake();
    await until(() => first.told?.machineId === other.told?.machineId, 15_000);
    const pushes = () => callsTo(sandbox, 'POST', '/v3/signals');
    if (!(await until(() => pushes().length >= 3, 45_000))) problems.push('fewer than three calls with signals');
    const gapMs = shortestGap(pushes());
    if (gapMs < 10_000) problems.push(`calls with signals ${Math.round(gapMs)} ms apart`);
    const machines = new Set(
      sandbox.calls.filter(({ status }) => status === 200).flatMap((call) => call.machineId ?? []),
    );
    if (machines.size > 1) problems.push(`${machines.size} machines`);
    const pulls = callsTo(sandbox, 'GET', '/v3/decisions/stream').length;
    if (pulls > 1) problems.push(`${pulls} pulls`);
    const after = await credentialsIn(stateDir);
    if (!isKept(before, after)) problems.push(`the credentials became others: ${said(before)}, then ${said(after)}`);
    if (first.told?.machineId !== other.told?.machineId) problems.push('the two do not agree on the machine');
    return { wasFrozen, problems };
  } finally {
    await first.kill();
    await second?.kill();
    await sandbox.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

/** @typedef {{ machineId?: string, password?: string, state?: string, status?: string }} Kept */

/**
 * @param {string} stateDir
 * @returns {Promise<Kept>}
 */
async function credentialsIn(stateDir) {
  const [installation = ''] = await readdir(stateDir);
  const text = await readFile(join(stateDir, installation, 'values', 'credentials.json'), 'utf8').catch(() => '{}');
  return JSON.parse(text);
}

/**
 * The same pair, which is validated still if it was.
 *
 * @param {Kept} before
 * @param {Kept} after
 */
function isKept(before, after) {
  const isSame = before.machineId === after.machineId && before.password === after.password;
  const wasValidated = /validated/.test(`${before.state} ${before.status}`);
  return isSame && (!wasValidated || /validated/.test(`${after.state} ${after.status}`));
}

/** @param {Kept} kept */
const said = ({ machineId = 'none', state, status }) => `${machineId.slice(0, 8)} ${state ?? status ?? ''}`;

class FreezeProcess {
  #child;
  /** @type {import('./types.d.mts').FreezeTold | undefined} */
  told;

  /** @param {import('./types.d.mts').FreezeTask} task */
  constructor(task) {
    this.#child = fork(SCRIPT, [JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child.on('message', (told) => (this.told = /** @type {import('./types.d.mts').FreezeTold} */ (told)));
  }

  async isFrozen() {
    const status = await readFile(`/proc/${this.#child.pid}/stat`, 'utf8').catch(() => '');
    return / T /.test(status.slice(status.lastIndexOf(')')));
  }

  wake() {
    this.#child.kill('SIGCONT');
  }

  async kill() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}
