import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildOrExit } from './build.mjs';

/**
 * npm run replay -- access.log [--login-path /login]... [--top 10] [--json]
 * npm run replay -- --synthetic 1000000 [--seed 1] [--keep access.log]
 *
 * Shows an access log (common or combined format, .gz too; several files in the order of their days) to the bundled scenarios, and
 * prints what they would have reported and decided. Nothing is sent anywhere. `--synthetic` makes a day of so many lines with attackers
 * and look-alikes in it, and ends with 1 unless all attackers and none of the look-alikes are found.
 */
const USAGE =
  'usage: npm run replay -- FILE... [--login-path PATH]... [--top N] [--json]\n       npm run replay -- --synthetic LINES [--seed N] [--keep FILE] [--json]';

const { values, positionals: files } = readArguments();
if (values.built !== true) await buildOrExit({ what: 'the scenarios', projects: ['@crowdsec-sdk/cli'] });
const { Replay } = await import('../packages/cli/dist/replay/replay.js');
const { Progress } = await import('../packages/cli/dist/output/progress.js');
const { readLines } = await import('../packages/cli/dist/replay/read-lines.js');
const { report } = await import('../packages/cli/dist/replay/report.js');
const { writeDay } = await import('./replay/synthetic-day.mjs');
const { scenarios } = await import('../packages/scenarios/dist/index.js');

const folder = mkdtempSync(join(tmpdir(), 'crowdsec-replay-'));
let day;
if (values.synthetic !== undefined) {
  const file = values.keep ?? join(folder, 'access.log');
  day = await writeDay({ file, lines: Number(values.synthetic), seed: Number(values.seed) });
  files.push(file);
}
const paths = values['login-path'] ?? ['/login', '/wp-login.php'];
const replay = new Replay(scenarios({ vendor: 'replay', loginBruteforce: { paths } }));
await replay.start();
const from = performance.now();
for (const file of files) {
  const progress = new Progress(process.stderr);
  /** @param {number} share of the file */
  const tell = (share) =>
    progress.show(`${file}: ${Math.floor(share * 100)}%, ${replay.lines.toLocaleString('en')} lines`);
  try {
    for await (const lines of readLines(file, tell)) {
      for (const line of lines) replay.processLine(line);
    }
  } catch (error) {
    console.error(`${file} can't be read any further: ${messageOf(error)}`);
    process.exitCode = 1;
  }
  progress.end();
}
replay.flush();
const seconds = (performance.now() - from) / 1_000;
rmSync(folder, { recursive: true });

const result = report(replay, { seconds, top: Number(values.top), day });
if (values.json) console.log(JSON.stringify(result.figures, null, 2));
else console.log(result.text);
if (day !== undefined && !result.isCorrect) process.exitCode = 1;

function readArguments() {
  try {
    const parsed = parseArgs({
      allowPositionals: true,
      options: {
        'login-path': { type: 'string', multiple: true },
        top: { type: 'string', default: '10' },
        json: { type: 'boolean', default: false },
        synthetic: { type: 'string' },
        seed: { type: 'string', default: '1' },
        keep: { type: 'string' },
        built: { type: 'boolean' },
      },
    });
    const { values, positionals } = parsed;
    const missing = positionals.find((file) => !existsSync(file));
    if (missing !== undefined) throw new Error(`there is no file ${missing}`);
    if ((values.synthetic === undefined) === (positionals.length === 0)) throw new Error('give files, or --synthetic');
    for (const name of /** @type {const} */ (['top', 'seed', 'synthetic'])) {
      const number = Number(values[name] ?? 1);
      if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be a whole number of at least 1`);
    }
    return parsed;
  } catch (error) {
    console.error(`${messageOf(error)}\n${USAGE}`);
    process.exit(2);
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
