import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildOrExit } from './build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Builds projects, then runs Node with these arguments until it is stopped; the process ends as that one does.
 *
 * @param {string} what is built, for people
 * @param {readonly string[]} projects
 * @param {readonly string[]} args
 */
export async function runBuilt(what, projects, args) {
  await buildOrExit({ what, projects, tell: console.log });
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  // A terminal signals the whole group; a supervisor signals this process alone.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
}
