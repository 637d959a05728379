/**
 * `npm test`: everything that must hold, in one command: what the tests need, then format, lint, types, build, the public surface, unit
 * and end-to-end tests of every package. In CI nothing is taken from a cache, and a run that executed no test has failed. Ends with the
 * slowest tests and with what failed, which is hard to find in the output of many packages at once.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ensurePrerequisites } from './prerequisites.mjs';
import { removeReports, summary } from './test-reports.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const UNCACHED = process.env.CI ? ['--skip-nx-cache'] : [];
const startedAt = performance.now();

if (!ensurePrerequisites()) process.exit(1);
removeReports(ROOT);
// One pool: many tests wait for most of their time, for processes, servers or a store, while others compute. No test builds anything,
// listens on a fixed port or measures time, so that none minds its neighbours. The lint is one run for all packages, whose types are
// resolved once. Four at once, since most are one process.
const ok = nx('format,cycles,lint-all,types,build,api,test,e2e', '--parallel=4');
const { passed, failed, skipped, failures, slowest } = summary(ROOT, { slowest: 10 });
console.log('\nThe slowest tests:');
for (const { ms, file, test } of slowest) console.log(`${(ms / 1_000).toFixed(1).padStart(6)} s  ${file}: ${test}`);
for (const { file, test, message } of failures) console.error(`\nFailed: ${file}: ${test}\n${message}`);
const seconds = Math.round((performance.now() - startedAt) / 1_000);
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped, in ${seconds} s`);
if (passed === 0) console.error('No test was executed.');
process.exit(ok && failed === 0 && passed > 0 ? 0 : 1);

/**
 * @param {string} targets
 * @param {...string} flags
 */
function nx(targets, ...flags) {
  const args = ['nx', 'run-many', '-t', targets, '--output-style=stream', ...UNCACHED, ...flags];
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
  return spawnSync('npx', args, { cwd: ROOT, stdio: 'inherit', env }).status === 0;
}
