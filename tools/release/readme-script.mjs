import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutNpm } from '../packages/install.mjs';
import { reasonOf, run } from '../packages/run.mjs';
import { freePort } from '../redis-server.mjs';

/** What READMEs call the port of the sandbox. */
const PORT = /\b8090\b/g;

/**
 * Runs the shell block of a README as somebody would who pastes it line by line: each line must succeed, but a line is given some
 * time for what the one before it has started in the background. All that runs in the background at the end gets SIGTERM, and must end with 0.
 *
 * @param {string} folder a project with the packages
 * @param {string} script
 * @returns {Promise<string>} `ok`, or what is wrong
 */
export async function runScript(folder, script) {
  const file = join(folder, 'readme-script.sh');
  const lines = script.split('\n').filter((line) => !/^\s*npm (?:install|i|add)\b/.test(line));
  const port = await freePort();
  writeFileSync(file, [...BEFORE, ...lines, ...AFTER].join('\n').replace(PORT, String(port)));
  const outcome = await run('bash', [file], { cwd: folder, env: { ...withoutNpm(), CI: 'true' }, timeoutMs: 180_000 });
  return outcome.ok ? 'ok' : reasonOf(outcome);
}

const BEFORE = [
  'set -euo pipefail',
  // A new background job is given until the port answers, as a reader waits for its first line.
  'ready() { for _ in $(seq 600); do (exec 3<>/dev/tcp/127.0.0.1/8090) 2>/dev/null && return; sleep 0.1; done; }',
  `trap '[[ -n "$(jobs -p)" && -z "\${waited:-}" ]] && { waited=1; ready; }' DEBUG`,
];
const AFTER = [
  'trap - DEBUG',
  'for job in $(jobs -p); do',
  // `npx` hands no signal on; what it has started is asked.
  '  pkill -TERM -P "$job" || kill -TERM "$job"',
  '  wait "$job" || { echo "What ran in the background ended with $?"; exit 1; }',
  'done',
];
