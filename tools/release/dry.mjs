/**
 * `npm run release:dry [-- express koa …]`: everything that a release does but publishing, and what its first users do: packs all published
 * packages, makes a release in a copy of the manifests, checks the tarballs, and then, for each package, installs them in a fresh folder,
 * pastes the code of its README, compiles it, runs it against the sandbox, with files and with Redis, and stops it. With names, only the READMEs
 * of these packages. Ends with a table, and with code 1 when anything failed or nothing ran.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { packPackages } from '../packages/pack.mjs';
import { startRegistry } from '../packages/registry.mjs';
import { startSandboxProcess } from '../packages/sandbox-process.mjs';
import { publishedPackages, ROOT } from '../packages/workspace.mjs';
import { startRedis } from '../redis-server.mjs';
import { profilesOf } from './profiles.mjs';
import { readmeCode } from './readme-code.mjs';
import { runReadme } from './readme-run.mjs';
import { failures, table } from './table.mjs';

/** @import { Results } from './table.mjs' */

/** How many READMEs are tried at a time. */
const PARALLEL = 2;
const startedAt = performance.now();
const named = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'crowdsec-release-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => process.exit(1));

console.log('Building and packing …');
const tarballs = await packPackages(join(folder, 'tarballs'));
console.log(`${elapsed()} packed`);
const registry = await startRegistry(tarballs);
const sandbox = await startSandboxProcess();
const redis = await startRedis({ tcp: true });
const environment = { registry: registry.url, sandbox, redis: `redis://127.0.0.1:${redis.port}` };

/** @type {Results} */
const results = new Map();
const waiting = publishedPackages()
  .map(({ folder: path, manifest }) => ({ name: manifest.name.split('/')[1], path }))
  .filter(({ name }) => named.length === 0 || named.includes(name))
  .flatMap(({ name, path }) => profilesOf(name).map((profile) => ({ name, path, profile })));
await Promise.all(Array.from({ length: PARALLEL }, work));

await Promise.all([registry.stop(), sandbox.stop(), redis.dispose()]);
const wrong = failures(results);
for (const failure of wrong) console.error(`\n✗ ${failure}`);
console.log(`\n${table(results)}\n`);
console.log(`${results.size} READMEs, ${wrong.length} failures, in${elapsed()}`);
if (results.size === 0) console.error(`No README was tried: is there a package called ${named.join(' or ')}?`);
process.exit(wrong.length === 0 && results.size > 0 ? 0 : 1);

function elapsed() {
  return `${String(Math.round((performance.now() - startedAt) / 1_000)).padStart(4)} s`;
}

async function work() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { name, path, profile } = next;
    const row = [name, profile.label].join(' ').trim();
    /** @type {Map<string, string>} */
    const cells = new Map();
    results.set(row, cells);
    const report = (/** @type {string} */ cell, /** @type {string} */ result) => {
      cells.set(cell, result);
      console.log(`${elapsed()} ${result === 'ok' ? '✓' : '✗'} ${row}: ${cell}`);
    };
    const code = readmeCode(readFileSync(join(ROOT, path, 'README.md'), 'utf8'));
    try {
      if (code.problems.length > 0) throw new Error(code.problems.join(' '));
      if (Object.keys(code.files).length === 0)
        throw new Error('The README has no block with a title, such as ```ts title="server.ts"```.');
      await runReadme(join(folder, row.replace(' ', '-')), { code, profile, environment, report });
    } catch (error) {
      report('README', error instanceof Error ? error.message : String(error));
    }
  }
}
