import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** @import { VitestReport } from './vitest-report.d.mts' */

/**
 * What test runs leave in `test-results`, one file for each run of a package.
 *
 * @param {string} root of the workspace
 */
export function reportFiles(root) {
  const projects = ['packages', 'apps']
    .filter((group) => existsSync(join(root, group)))
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)));
  return [...projects, join(root, 'tools')]
    .map((project) => join(project, 'test-results'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)));
}

/** @param {string} root */
export function removeReports(root) {
  for (const file of reportFiles(root)) rmSync(file);
}

/**
 * The sums of all reports, what failed and why, and the slowest tests with the file they are in, in ms.
 *
 * @param {string} root
 * @param {{ slowest: number }} options how many
 */
export function summary(root, { slowest }) {
  /** @type {VitestReport[]} */
  const reports = reportFiles(root).map((file) => JSON.parse(readFileSync(file, 'utf8')));
  const sum = (/** @type {(report: VitestReport) => number} */ of) =>
    reports.reduce((total, report) => total + of(report), 0);
  const tests = reports.flatMap(({ testResults }) =>
    testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ ancestorTitles, title, duration = 0 }) => ({
        ms: Math.round(duration),
        file: relative(root, name),
        test: [...ancestorTitles, title].join(' > '),
      })),
    ),
  );
  return {
    passed: sum((report) => report.numPassedTests),
    failed: sum((report) => report.numFailedTests),
    skipped: sum((report) => report.numPendingTests + report.numTodoTests),
    failures: reports.flatMap(({ testResults }) =>
      testResults.flatMap((result) =>
        failuresOf(result).map((failure) => ({ file: relative(root, result.name), ...failure })),
      ),
    ),
    slowest: tests.sort((a, b) => b.ms - a.ms).slice(0, slowest),
  };
}

/**
 * What failed in one file: tests, or the file itself, as by an import or a hook.
 *
 * @param {VitestReport['testResults'][number]} result
 */
function failuresOf({ status, message, assertionResults }) {
  const tests = assertionResults
    .filter((test) => test.status === 'failed')
    .map(({ ancestorTitles, title, failureMessages }) => ({
      test: [...ancestorTitles, title].join(' > '),
      message: stripVTControlCharacters(failureMessages.join('\n')),
    }));
  if (status !== 'failed' || tests.length > 0) return tests;
  return [{ test: '(the file itself)', message: stripVTControlCharacters(message) }];
}
