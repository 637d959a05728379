import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { removeReports, summary } from '../test-reports.mjs';

const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'crowdsec-reports-'));
afterAll(() => rmSync(root, { recursive: true }));

/**
 * @param {string} project
 * @param {Record<string, number>} durations by the title of the test
 */
function write(project, durations) {
  const folder = join(root, project, 'test-results');
  mkdirSync(folder, { recursive: true });
  const assertionResults = Object.entries(durations).map(([title, duration]) => ({
    ancestorTitles: ['a suite'],
    title,
    status: 'passed',
    failureMessages: [],
    duration,
  }));
  const report = {
    numPassedTests: assertionResults.length,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 1,
    testResults: [
      {
        name: join(root, project, 'x.test.ts'),
        status: 'passed',
        message: '',
        startTime: 0,
        endTime: 1,
        assertionResults,
      },
    ],
  };
  writeFileSync(join(folder, 'unit.json'), JSON.stringify(report));
}

describe('the summary of a test run', () => {
  it('adds up the reports of packages, apps and tools, and names the slowest tests of all', () => {
    write('packages/a', { quick: 1, slow: 900 });
    write('apps/b', { slower: 1_000 });
    write('tools', { middling: 10 });

    expect(summary(root, { slowest: 2 })).toEqual({
      passed: 4,
      failed: 3,
      skipped: 9,
      failures: [],
      slowest: [
        { ms: 1_000, file: 'apps/b/x.test.ts', test: 'a suite > slower' },
        { ms: 900, file: 'packages/a/x.test.ts', test: 'a suite > slow' },
      ],
    });
  });

  it('counts nothing of an earlier run', () => {
    write('packages/a', { quick: 1 });
    removeReports(root);

    expect(summary(root, { slowest: 10 })).toEqual({ passed: 0, failed: 0, skipped: 0, failures: [], slowest: [] });
  });

  it('tells what failed and why, of what Vitest itself wrote', () => {
    const folder = join(root, 'packages', 'c');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'vitest.config.mjs'), 'export default { test: { globals: true } };');
    writeFileSync(
      join(folder, 'a.test.mjs'),
      "it('holds', () => {}); describe('sums', () => { it('are right', () => expect({ sum: 1 }).toEqual({ sum: 2 })); });",
    );
    writeFileSync(join(folder, 'b.test.mjs'), "import './is-not-there.mjs';");
    const report = join(folder, 'test-results', 'unit.json');
    const args = [VITEST, 'run', '--root', folder, '--reporter=json', `--outputFile=${report}`];
    const { NODE_ENV: _, VITEST: _ours, ...env } = process.env;
    expect(spawnSync(process.execPath, args, { env, encoding: 'utf8' })).toMatchObject({ status: 1 });

    const { failures } = summary(root, { slowest: 0 });
    expect(failures.sort((a, b) => a.file.localeCompare(b.file))).toEqual([
      {
        file: 'packages/c/a.test.mjs',
        test: 'sums > are right',
        message: expect.stringMatching(
          /^AssertionError: expected \{ sum: 1 \} to deeply equal \{ sum: 2 \}\n.*a\.test\.mjs/s,
        ),
      },
      {
        file: 'packages/c/b.test.mjs',
        test: '(the file itself)',
        message: expect.stringContaining('is-not-there.mjs'),
      },
    ]);
  });
});
