/**
 * `npm run release:dry [-- express koa …]`: everything that a release does but publishing, and what its first users do. It packs all published
 * packages, makes a release in a copy of the manifests, has `nx release publish` and the linters of packages look at what is published, and
 * then, for each package, installs the tarballs in a fresh folder, pastes the code of its README, compiles it, runs it against the sandbox, with
 * files and with Redis, and stops it. With names, it does what they name: the last for a package, or the rows `nx-release` and `publint-attw`. Ends
 * with a table, and with code 1 when anything failed or nothing ran.
 */
import { join } from 'node:path';
import process from 'node:process';
import { packPackages } from '../packages/pack.mjs';
import { startRegistry } from '../packages/registry.mjs';
import { startSandboxProcess } from '../packages/sandbox-process.mjs';
import { exitOnSignals, temporaryFolder } from '../packages/temporary-folder.mjs';
import { publishedPackages } from '../packages/workspace.mjs';
import { startRedis } from '../redis-server.mjs';
import { publishJobs } from './publish-jobs.mjs';
import { readmeJobs } from './readme-jobs.mjs';
import { failures, isFailure, leftOut, table } from './table.mjs';

/**
 * @import { Results } from './table.mjs'
 *
 * @typedef {object} Job what makes one row of the table
 * @property {string} row
 * @property {(folder: string, report: (cell: string, result: string) => void) => Promise<void>} run in an empty folder; `report` takes
 *   a result of a cell as the table has it
 */

/** How many jobs run at a time: each waits for much of its time, for npm or for the application. */
const PARALLEL = 2;
const startedAt = performance.now();
const named = process.argv.slice(2);
exitOnSignals();
const folder = temporaryFolder('crowdsec-release-');

const ofPublishing = publishJobs(join(folder, 'tarballs'));
const known = [...publishedPackages().map(({ folder: path }) => nameOf(path)), ...ofPublishing.map(({ row }) => row)];
const unknown = named.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`Nothing is called ${unknown.join(' or ')}. There is: ${known.join(', ')}.`);
  process.exit(1);
}

console.log('Building and packing …');
const tarballs = await packPackages(join(folder, 'tarballs'));
console.log(`${elapsed()}   packed ${tarballs.size} packages`);
const registry = await startRegistry(tarballs);
const sandbox = await startSandboxProcess();
const redis = await startRedis({ tcp: true });
const environment = { registry: registry.url, sandbox, redis: `redis://127.0.0.1:${redis.port}` };

const packages = publishedPackages().filter(({ folder: path }) => isWanted(nameOf(path)));
const jobs = [
  ...packages.flatMap((one) => readmeJobs(one, environment)),
  ...ofPublishing.filter(({ row }) => isWanted(row)),
];
/** @type {Results} */
const results = new Map();
const waiting = [...jobs];
await Promise.all(Array.from({ length: PARALLEL }, work));
await Promise.all([registry.stop(), sandbox.stop(), redis.dispose()]);

const wrong = failures(results);
for (const failure of wrong) console.error(`\n✗ ${failure}`);
console.log(`\n${table(results)}\n`);
for (const line of leftOut(results)) console.log(`${line}.`);
console.log(`${results.size} rows, ${wrong.length} failures, in ${elapsed().trim()}`);
process.exit(wrong.length === 0 && results.size > 0 ? 0 : 1);

async function work() {
  for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
    const { row, run } = job;
    /** @type {Map<string, string>} */
    const cells = new Map();
    results.set(row, cells);
    const report = (/** @type {string} */ cell, /** @type {string} */ result) => {
      cells.set(cell, result);
      console.log(`${elapsed()} ${isFailure(result) ? '✗' : result === 'ok' ? '✓' : '–'} ${row}: ${cell}`);
    };
    try {
      await run(join(folder, row.replaceAll(/[^a-z0-9]+/gi, '-')), report);
    } catch (error) {
      report('all', error instanceof Error ? error.message : String(error));
    }
  }
}

/** @param {string} name */
function isWanted(name) {
  return named.length === 0 || named.includes(name);
}

/** @param {string} path */
function nameOf(path) {
  return path.replace('packages/', '');
}

function elapsed() {
  return `${String(Math.round((performance.now() - startedAt) / 1_000)).padStart(4)} s`;
}
