import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Builds projects, then runs Node with these arguments until it is stopped; the process ends as that one does.
 *
 * @param {string} what is built, for people
 * @param {readonly string[]} projects
 * @param {readonly string[]} args
 */
export function runBuilt(what, projects, args) {
  console.log(`Building ${what} …`);
  const build = spawnSync('npx', ['nx', 'run-many', '-t', 'build', '-p', projects.join(',')], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NX_DAEMON: 'false' },
  });
  if (build.status !== 0) {
    console.error(`${build.stdout ?? ''}${build.stderr ?? ''}${build.error?.message ?? ''}`);
    process.exit(1);
  }
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  // A terminal signals the whole group; a supervisor signals this process alone.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
}
