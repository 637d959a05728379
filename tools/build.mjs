import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Builds projects of the workspace, and tells at once what is built and then each project as it is ready. What Nx has built already it
 * takes from its cache. When the build fails, everything that it printed is told.
 *
 * @param {object} options
 * @param {string} options.what is built, for people
 * @param {readonly string[]} options.projects names or patterns, as `nx run-many -p` takes them
 * @param {(line: string) => void} [options.tell] where the lines go; the standard error unless given, so that results stay alone on
 * the standard output
 * @param {readonly string[]} [options.command] builds, in place of Nx
 * @returns {Promise<boolean>} whether all was built
 */
export async function build({ what, projects, tell = console.error, command = nxBuild(projects) }) {
  tell(`Building ${what}: up to two minutes the first time, some seconds later …`);
  const startedAt = performance.now();
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NX_DAEMON: 'false', NEXT_TELEMETRY_DISABLED: '1' },
  });
  // A signal to this process alone, and not to its whole group as by Ctrl+C, does not reach it.
  const end = () => void child.kill();
  process.once('exit', end);
  /** @type {string[]} */
  const printed = [];
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      printed.push(line);
      const project = /nx run (\S+):build/.exec(line)?.[1];
      if (/^\s*✔/.test(line) && project !== undefined) tell(`  ${project}`);
    });
  }
  const failure = await new Promise((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code) => resolve(code === 0 ? undefined : `The build ended with ${code}.`));
  });
  process.off('exit', end);
  if (failure === undefined) tell(`Built in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s.`);
  else for (const line of [...printed, failure]) tell(line);
  return failure === undefined;
}

/**
 * As {@link build}, for a command that is of no use without it: ends the process with 1 when the build fails.
 *
 * @param {Parameters<typeof build>[0]} options
 */
export async function buildOrExit(options) {
  if (!(await build(options))) process.exit(1);
}

/** @param {readonly string[]} projects */
function nxBuild(projects) {
  return ['npx', 'nx', 'run-many', '-t', 'build', '-p', projects.join(',')];
}
