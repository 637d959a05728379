/**
 * npm run conformance -- [--json] [--no-build]
 *
 * Runs the adapters' common suite wherever one declares it (`test/conformance.test.ts`, end to end `test/conformance.e2e.test.ts`, a part
 * of it in `test/conformance-*.e2e.test.ts`, and `test/*.conformance.test.ts`, which `npm test` leaves out) and prints the matrix of cases
 * and adapters, as Markdown; with `--json` rows `{ adapter, case, ok }`. A case that a host cannot have is absent. Fails when one is not
 * ok. `--no-build` takes what is built already.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { buildOrExit } from './build.mjs';
import { ROOT, workspacePackages } from './packages/workspace.mjs';

/**
 * @typedef {{ adapter: string, case: string, ok: boolean }} Row
 * @typedef {{ folder: string, project: string, kind: string, file: string }} Run
 */

const runs = workspacePackages().flatMap(({ folder, manifest: { name: project } }) =>
  testsIn(join(ROOT, folder)).flatMap((file) => {
    const kind = kindOf(file);
    return kind === undefined ? [] : [{ folder, project, kind, file }];
  }),
);
if (!process.argv.includes('--no-build')) {
  await buildOrExit({ what: 'the adapters', projects: [...new Set(runs.map(({ project }) => project))] });
}
const reports = mkdtempSync(join(tmpdir(), 'crowdsec-conformance-'));
const rows = runs.flatMap(results);
rmSync(reports, { recursive: true });

if (process.argv.includes('--json')) console.log(JSON.stringify(rows, null, 2));
else console.log(matrix(rows));
process.exitCode = rows.length > 0 && rows.every(({ ok }) => ok) ? 0 : 1;

/** @param {string} folder */
function testsIn(folder) {
  const tests = join(folder, 'test');
  const names = existsSync(tests) ? readdirSync(tests).sort() : [];
  return names.map((name) => `test/${name}`);
}

/**
 * The kind of test run that a file with the suite belongs to; `undefined` for other files.
 *
 * @param {string} file
 */
function kindOf(file) {
  if (file === 'test/conformance.test.ts') return 'unit';
  if (/^test\/conformance(-\w+)?\.e2e\.test\.ts$/.test(file)) return 'e2e';
  return file.endsWith('.conformance.test.ts') ? 'conformance' : undefined;
}

/**
 * @param {Run} run
 * @returns {Row[]}
 */
function results({ folder, kind, file }) {
  console.error(`Running ${file} of ${folder} …`);
  const report = join(reports, `${[folder, file].join('/').replaceAll('/', '-')}.json`);
  const args = ['vitest', 'run', file, '--reporter=json', `--outputFile=${report}`];
  spawnSync('npx', args, {
    cwd: join(ROOT, folder),
    stdio: ['ignore', 'ignore', 2],
    env: { ...process.env, TEST_KIND: kind },
  });
  /** @type {import('./vitest-report.d.mts').VitestReport} */
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => ({
      adapter: (ancestorTitles.at(-1) ?? '').replace(/^conformance: /, ''),
      case: title.length > 100 ? `${title.slice(0, 99)}…` : title,
      ok: status === 'passed',
    })),
  );
}

/** @param {Row[]} all */
function matrix(all) {
  const adapters = [...new Set(all.map(({ adapter }) => adapter))];
  const cases = [...new Set(all.map((row) => row.case))];
  const cell = (/** @type {string} */ name, /** @type {string} */ adapter) => {
    const row = all.find((one) => one.case === name && one.adapter === adapter);
    return row === undefined ? '–' : row.ok ? '✓' : '✗';
  };
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [
    line(['case', ...adapters]),
    line(['---', ...adapters.map(() => '---')]),
    ...cases.map((name) =>
      line([name.replaceAll('|', '\\|').replaceAll('\t', ' '), ...adapters.map((adapter) => cell(name, adapter))]),
    ),
  ].join('\n');
}
