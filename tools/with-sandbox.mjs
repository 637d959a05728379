/**
 * node tools/with-sandbox.mjs FILE [ARGUMENT …]
 *
 * Runs a demo in Node, from the folder where this was called, until it is stopped. Beside it stands a sandbox that bans one address; the demo
 * is told of it by `CROWDSEC_OPTIONS`, and of `HOST` and `PORT`. Once the demo answers, what to try is printed.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { startSandbox } from '../packages/sandbox/dist/index.js';

const BANNED = '203.0.113.66';
const { HOST = '127.0.0.1', PORT = '3000' } = process.env;
const page = `http://${HOST}:${PORT}/`;

const sandbox = await startSandbox();
sandbox.decisions.set([{ value: BANNED }]);
const options = {
  apiUrl: sandbox.url,
  ephemeral: true,
  scenarios: ['acme/login-bruteforce'],
  trustedProxies: 'loopback',
};
const child = spawn(process.execPath, process.argv.slice(2), {
  stdio: 'inherit',
  env: { CROWDSEC_OPTIONS: JSON.stringify(options), ...process.env, HOST, PORT },
});
// A terminal signals the whole group; a supervisor signals this process alone.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  void sandbox.stop().then(() => process.exit(code ?? 1));
});

while (child.exitCode === null && child.signalCode === null && !(await answers())) await delay(100);
console.log(`
Try:
  curl -i ${page}
  curl -i -H 'x-forwarded-for: ${BANNED}' ${page}
The second one comes from an address that a sandbox of CrowdSec's API bans: ${sandbox.url}`);

async function answers() {
  return fetch(page).then(
    () => true,
    () => false,
  );
}
