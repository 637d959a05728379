import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runBench } from './bench/run.mjs';
import { buildOrExit } from './build.mjs';

/** @import { Row } from './bench/types.d.mts' */

/**
 * npm run bench -- [lookup] [inspect] [memory] [refresh] [restart] [adapters] [report] [extensions] [lapi] [appsec]
 *   [metrics] [command] [--json | --markdown] [--list FILE] [--against FOLDER]
 *
 * `--against` names another checkout whose packages are built: `lookup`, `inspect`, `adapters`, `report` and `metrics` measure it beside this one, in
 * the same rounds.
 *
 * Each benchmark runs in a process of its own and prints rows `{ bench, case, n, value, unit, floor, ratio, spread }`:
 * the value, the floor measured beside it in the same run, and their ratio with its spread over the rounds. Figures of
 * different machines compare by their ratios. A benchmark that fails leaves the rows that it has printed, the others run, and the
 * command ends with 1.
 */
const BENCHES = [
  'lookup',
  'inspect',
  'memory',
  'refresh',
  'restart',
  'adapters',
  'report',
  'extensions',
  'lapi',
  'appsec',
  'metrics',
  'command',
];
const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

const args = process.argv.slice(2);
const list = args.includes('--list') ? args[args.indexOf('--list') + 1] : undefined;
const against = args.includes('--against') ? args[args.indexOf('--against') + 1] : undefined;
const names = args.filter((arg) => !['--json', '--markdown', '--list', list, '--against', against].includes(arg));
const unknown = names.filter((name) => !BENCHES.includes(name));
const isAgainst = args.includes('--against');
const isBuilt = !isAgainst || existsSync(resolve(against ?? '', 'packages/core/dist/index.js'));
if (unknown.length > 0 || (args.includes('--list') && !existsSync(list ?? '')) || !isBuilt) {
  console.error(
    `usage: npm run bench -- [${BENCHES.join('] [')}] [--json | --markdown] [--list FILE] [--against FOLDER]`,
  );
  process.exit(2);
}
if (against !== undefined) process.env.BENCH_AGAINST = resolve(against);
await build();

/** @type {Row[]} */
const rows = [];
/** @type {string[]} */
const failed = [];
for (const name of names.length > 0 ? names : BENCHES) {
  console.error(`Measuring ${name} …`);
  const run = runBench(here(`bench/${name}.mjs`), list ? [list] : []);
  rows.push(...run.rows);
  if (!run.isComplete) failed.push(name);
}
if (args.includes('--json')) console.log(JSON.stringify(rows, null, 2));
else if (args.includes('--markdown')) console.log(markdown(rows));
else
  console.table(
    rows.map((row) => ({
      ...row,
      value: short(row.value),
      floor: short(row.floor),
      ratio: short(row.ratio),
      spread: short(row.spread),
    })),
  );

if (failed.length > 0) {
  console.error(`failed, so that some rows are missing: ${failed.join(', ')}`);
  process.exitCode = 1;
}

/** Builds what the benchmarks import, unless it is built already. */
async function build() {
  const projects =
    names.length === 0 || ['adapters', 'extensions', 'command'].some((name) => names.includes(name))
      ? 'packages/*'
      : '@crowdsec-sdk/{core,sandbox}';
  await buildOrExit({ what: 'what is measured', projects: [projects] });
}

/**
 * The rows as docs/performance.md holds them.
 *
 * @param {Row[]} rows
 */
function markdown(rows) {
  const lines = rows.map(({ bench, case: name, n, value, unit, floor, ratio, spread }) => [
    bench,
    name,
    n.toLocaleString('en'),
    `${short(value)} ${unit}`,
    `${short(floor)} ${unit}`,
    short(ratio),
    `±${short(spread * 50)} %`,
  ]);
  const head = ['bench', 'case', 'entries', 'value', 'floor', 'ratio', 'spread'];
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {number} value */
function short(value) {
  return Number(value.toPrecision(3));
}
