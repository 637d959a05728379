import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { builds, fromCore } from './builds.mjs';
import { print, rotated, row } from './setup.mjs';

/**
 * CPU time that this process spends on the verdict about a request: with AppSec, which answers from a process of its own, against without.
 * The head is that of a browser; 16 requests are on their way at a time.
 */
const ROUNDS = 30;
const WARM_UP = 5;
const BATCH = 400;
const AT_ONCE = 16;

/** @type {typeof import('../../packages/core/dist/index.js')} */
const { createCrowdsec, silentLogger } = await fromCore(builds[0], 'index.js');
const server = fork(fileURLToPath(new URL('appsec-server.mjs', import.meta.url)));
const [port] = await once(server, 'message');
const options = { apiUrl: 'http://127.0.0.1:9', ephemeral: true, logger: silentLogger };
const appsec = { url: `http://127.0.0.1:${port}/`, apiKey: 'key', timeoutMs: 10_000 };
const off = createCrowdsec(options);
const on = createCrowdsec({ ...options, appsec });

const rounds = [];
for (let round = -WARM_UP; round < ROUNDS; round++) {
  /** @type {Record<string, number>} */
  const times = {};
  for (const name of rotated(['off', 'on'], round + WARM_UP))
    times[name] = await microsecondsEach(name === 'on' ? on : off);
  if (round >= 0) rounds.push({ value: times.on, floor: times.off });
}
print(row('appsec', 'verdict with AppSec', BATCH, 'µs', rounds));
const { actions = {} } = on.health().appsec ?? {};
if (actions.allow !== BATCH * (ROUNDS + WARM_UP)) throw new Error('AppSec was not asked about each request');
await on.stop();
server.kill();

/** @param {import('../../packages/core/dist/index.js').Crowdsec} crowdsec */
async function microsecondsEach({ bouncer }) {
  const before = process.cpuUsage();
  for (let done = 0; done < BATCH; done += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        const judged = bouncer.inspect(facts());
        const verdict = judged.settled === undefined ? judged : await judged.settled;
        if (verdict.action !== 'pass') throw new Error('a request was refused');
      }),
    );
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / BATCH;
}

function facts() {
  const headers = {
    host: 'shop.example',
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    'accept-language': 'en-US,en;q=0.5',
    'accept-encoding': 'gzip, deflate, br',
    cookie: 'session=0123456789abcdef; theme=dark',
    connection: 'keep-alive',
  };
  const rawHeaders = Object.entries(headers).flat();
  const nodeRequest = { headers, rawHeaders, httpVersion: '1.1' };
  const url = '/catalog?page=2';
  return { remoteAddress: '203.0.113.7', method: 'GET', path: '/catalog', url, headers, nodeRequest };
}
