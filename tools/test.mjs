/**
 * `npm test`: everything that must hold, in one command: what the tests need, then lint, types, build, unit and end-to-end tests of
 * every package. In CI nothing is taken from a cache, and a run that executed no test has failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ensurePrerequisites } from './prerequisites.mjs';

const UNCACHED = process.env.CI ? ['--skip-nx-cache'] : [];

if (!ensurePrerequisites()) process.exit(1);
for (const report of reports()) rmSync(report);
// End-to-end tests start servers and browsers: alone, after the rest.
const ok = npx('prettier', '--check', '.') && nx('cycles,lint,types,build,test') && nx('e2e', '--parallel=1');
const counted = count();
console.log(`\n${counted.passed} passed, ${counted.failed} failed, ${counted.skipped} skipped`);
if (counted.passed === 0) console.error('No test was executed.');
process.exit(ok && counted.failed === 0 && counted.passed > 0 ? 0 : 1);

/**
 * @param {string} targets
 * @param {...string} flags
 */
function nx(targets, ...flags) {
  return npx('nx', 'run-many', '-t', targets, '--output-style=stream', ...UNCACHED, ...flags);
}

/** @param {...string} args */
function npx(...args) {
  return (
    spawnSync('npx', args, { stdio: 'inherit', env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' } }).status === 0
  );
}

/** Adds up the reports that each package's test run leaves. */
function count() {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const file of reports()) {
    /** @type {import('./vitest-report.d.mts').VitestReport} */
    const report = JSON.parse(readFileSync(file, 'utf8'));
    total.passed += report.numPassedTests;
    total.failed += report.numFailedTests;
    total.skipped += report.numPendingTests + report.numTodoTests;
  }
  return total;
}

function reports() {
  return ['packages', 'apps'].flatMap((group) =>
    readdirSync(group)
      .map((name) => join(group, name, 'test-results'))
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file))),
  );
}
