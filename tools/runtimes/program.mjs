import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, run } from '../packages/run.mjs';

/** What the sandbox holds a ban of. */
export const BANNED = '198.51.100.7';

let programs = 0;

/**
 * Runs a program that goes through the life of an agent (`tools/packages/programs`), and looks at what came of it at the sandbox.
 *
 * @param {import('./cell.mjs').TestEnvironment} environment
 * @param {object} program
 * @param {string} program.cwd
 * @param {readonly string[]} program.call command and arguments
 * @param {'files' | 'redis'} [program.store]
 * @param {boolean} [program.engine] an engine's local API, on a unix socket, and AppSec, in place of CAPI
 * @throws an `Error` when it does not exit by itself with code 0, or its report did not come, or it registered more than one machine
 */
export async function runProgram({ folder, sandbox, redis }, { cwd, call, store = 'files', engine = false }) {
  const number = ++programs;
  const reported = `45.83.${number >> 8}.${number & 255}`;
  // Ends with a letter that no number has, since random characters follow.
  const prefix = `program${number}x`;
  const outcome = await run(call[0], call.slice(1), {
    cwd,
    timeoutMs: 60_000,
    env: {
      CAPI_URL: sandbox.url,
      ENGINE: engine ? JSON.stringify(await sandbox.engine()) : undefined,
      REDIS_URL: store === 'redis' ? await redis() : undefined,
      STATE_DIR: await mkdtemp(join(folder, 'state-')),
      MACHINE_PREFIX: prefix,
      BANNED,
      REPORTED: reported,
    },
  });
  if (!outcome.ok) throw new Error(reasonOf(outcome));
  if (!outcome.stdout.includes('done')) throw new Error(`It ended before all was done:\n${outcome.output}`);
  const { signals, alerts, machines } = await sandbox.state();
  const came = engine ? alerts : signals;
  // It has stopped, and sends what it has before.
  if (!came.some((one) => JSON.stringify(one).includes(`"${reported}"`))) throw new Error('Its report did not come.');
  const registered = machines.filter((id) => id.startsWith(prefix)).length;
  if (registered !== (engine ? 0 : 1)) throw new Error(`It registered ${registered} machines.`);
}
