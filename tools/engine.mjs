/**
 * npm run test:engine -- [--built] [vitest's filters]
 *
 * Runs our agent against a real engine: Debian's package, downloaded and unpacked under `node_modules/.cache`, its local API on
 * 127.0.0.1, with nothing installed and no call to anybody else. `CROWDSEC_ENGINE_BIN` names a folder with another `crowdsec` and `cscli`.
 * Where no engine can be had, the tests are skipped, and the reason is told. `--built` takes the packages as they are built.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildOrExit } from './build.mjs';
import { fetchEngine } from './engine/engine-package.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [...filters] = process.argv.slice(2).filter((argument) => argument !== '--built');

if (!process.argv.includes('--built')) {
  await buildOrExit({ what: 'the agent', projects: ['@crowdsec-sdk/core', '@crowdsec-sdk/express'] });
}
const found = fetchEngine(console.error);
if ('reason' in found) {
  console.log(`Skipped: no engine to test against, for ${found.reason}`);
} else {
  const tests = filters.length > 0 ? filters : ['test/engine/'];
  const { status } = spawnSync('npx', ['vitest', 'run', ...tests], { cwd: `${ROOT}/tools`, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
