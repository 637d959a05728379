import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutNpm } from '../packages/install.mjs';
import { reasonOf, run } from '../packages/run.mjs';

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
  writeFileSync(file, [...BEFORE, ...lines, ...AFTER].join('\n'));
  const outcome = await run('bash', [file], { cwd: folder, env: { ...withoutNpm(), CI: 'true' }, timeoutMs: 180_000 });
  return outcome.ok ? 'ok' : reasonOf(outcome);
}

/** What READMEs start in the background is the sandbox, on its own port. A reader waits for its first line. */
const BEFORE = [
  'set -euo pipefail',
  'listens() { (exec 3<>/dev/tcp/127.0.0.1/8090) 2>/dev/null; }',
  'if listens; then echo "Something listens on port 8090 already."; exit 1; fi',
  'ready() { for _ in $(seq 600); do listens && return; sleep 0.1; done; echo "Nothing listens on port 8090."; exit 1; }',
  `trap 'if [[ -z "\${waited:-}" && -n "$(jobs -p)" ]]; then waited=1; ready; fi' DEBUG`,
];
const AFTER = [
  'trap - DEBUG',
  // The innermost process is the program itself: `npx` and its shell hand no signal on, but end as it ends.
  'innermost() { local child; child=$(pgrep -P "$1" | head -n 1); if [[ -z "$child" ]]; then echo "$1"; else innermost "$child"; fi; }',
  'for job in $(jobs -p); do',
  '  kill -TERM "$(innermost "$job")"',
  '  wait "$job" || { echo "What ran in the background ended with $?."; exit 1; }',
  'done',
];
