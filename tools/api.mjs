/**
 * `npm run api`: builds the published packages and writes what each of their entries exports to `packages/<name>/api/`, to be committed. With
 * `--check`, which is part of `npm test`, it builds and writes nothing, and fails when that differs from what is committed.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { publishedEntries } from './api/entries.mjs';
import { apiReports } from './api/reports.mjs';
import { buildOrExit } from './build.mjs';
import { ROOT } from './packages/workspace.mjs';

const { values } = parseArgs({
  options: {
    check: { type: 'boolean' },
    /** What is built is taken as it is. */
    'no-build': { type: 'boolean' },
    root: { type: 'string' },
  },
});
const root = resolve(values.root ?? ROOT);
const packages = join(root, 'packages');
const entries = publishedEntries(root);

if (!values.check && !values['no-build']) {
  await buildOrExit({ what: 'the packages', projects: [...new Set(entries.map((entry) => entry.package))] });
}
for (const { specifier, types } of entries) {
  if (existsSync(types)) continue;
  console.error(`${specifier} is not built: there is no ${relative(root, types)}. Run \`npm run build\` first.`);
  process.exit(1);
}
const reports = apiReports(entries);
const kept = readdirSync(packages)
  .map((name) => join(packages, name, 'api'))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
  .filter((file) => file.endsWith('.api.md'));
const left = kept.filter((file) => !reports.has(file));
const changed = [...reports].filter(([path, report]) => !existsSync(path) || readFileSync(path, 'utf8') !== report);

if (values.check) {
  for (const [path, report] of changed) showChange(path, report);
  for (const path of left) console.error(`${relative(packages, path)} is of an entry that is there no more.`);
  if (changed.length + left.length > 0) {
    console.error(
      '\nThe public surface of these entries is not what is committed. If you did not mean to change it, export what was exported before.' +
        ' If you did, run `npm run api`, commit the reports, and say in the version plan (`npx nx release plan`) what' +
        ' users have to do.',
    );
    process.exit(1);
  }
  console.log(`The reports of ${reports.size} entries are as committed.`);
} else {
  for (const [path, report] of changed) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, report);
    console.log(`wrote ${relative(packages, path)}`);
  }
  for (const path of left) rmSync(path);
}

/**
 * Prints what differs, as `git diff` does.
 *
 * @param {string} path
 * @param {string} report
 */
function showChange(path, report) {
  const folder = mkdtempSync(join(tmpdir(), 'crowdsec-api-'));
  const now = join(folder, 'now.api.md');
  writeFileSync(now, report);
  const before = existsSync(path) ? path : '/dev/null';
  const { stdout } = spawnSync('git', ['diff', '--no-index', before, now], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  const lines = stdout.split('\n').slice(4).join('\n');
  console.error(`\n${relative(packages, path)}${before === path ? '' : ' is not committed'}:\n${lines}`);
}
