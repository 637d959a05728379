import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @import { Row } from './bench/types.d.mts' */

/**
 * npm run bench -- [lookup] [memory] [refresh] [restart] [adapters] [report] [extensions]
 *   [--json | --markdown] [--list FILE]
 *
 * Each benchmark runs in a process of its own and prints rows `{ bench, case, n, value, unit, floor, ratio, spread }`:
 * the value, the floor measured beside it in the same run, and their ratio with its spread over the rounds. Figures of
 * different machines compare by their ratios.
 */
const BENCHES = ['lookup', 'memory', 'refresh', 'restart', 'adapters', 'report', 'extensions'];
const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

const args = process.argv.slice(2);
const list = args.includes('--list') ? args[args.indexOf('--list') + 1] : undefined;
const names = args.filter((arg) => !['--json', '--markdown', '--list', list].includes(arg));
const unknown = names.filter((name) => !BENCHES.includes(name));
if (unknown.length > 0 || (args.includes('--list') && !existsSync(list ?? ''))) {
  console.error(`usage: npm run bench -- [${BENCHES.join('] [')}] [--json | --markdown] [--list FILE]`);
  process.exit(2);
}
build();

/** @type {Row[]} */
const rows = [];
for (const name of names.length > 0 ? names : BENCHES) {
  const run = spawnSync(process.execPath, ['--expose-gc', here(`bench/${name}.mjs`), ...(list ? [list] : [])], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
  });
  if (run.status !== 0) process.exit(run.status ?? 1);
  rows.push(...JSON.parse(run.stdout));
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

/** Builds what the benchmarks import, unless it is built already; quiet unless it fails. */
function build() {
  const projects =
    names.length === 0 || names.includes('adapters') || names.includes('extensions')
      ? 'packages/*'
      : '@crowdsec-sdk/{core,sandbox}';
  const args = ['nx', 'run-many', '-t', 'build', '-p', projects];
  const built = spawnSync('npx', args, { cwd: here('..'), encoding: 'utf8' });
  if (built.status === 0) return;
  console.error(built.stdout + built.stderr);
  process.exit(1);
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
