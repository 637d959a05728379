import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { removeReports, summary } from '../test-reports.mjs';

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
    duration,
  }));
  const report = {
    numPassedTests: assertionResults.length,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 1,
    testResults: [{ name: join(root, project, 'x.test.ts'), startTime: 0, endTime: 1, assertionResults }],
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
      slowest: [
        { ms: 1_000, file: 'apps/b/x.test.ts', test: 'a suite > slower' },
        { ms: 900, file: 'packages/a/x.test.ts', test: 'a suite > slow' },
      ],
    });
  });

  it('counts nothing of an earlier run', () => {
    write('packages/a', { quick: 1 });
    removeReports(root);

    expect(summary(root, { slowest: 10 })).toEqual({ passed: 0, failed: 0, skipped: 0, slowest: [] });
  });
});
