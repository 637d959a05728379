import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** @import { ChaosOutcome } from './types.d.mts' */
/** @import { AddressInfo } from 'node:net' */
/** @import { ServerResponse } from 'node:http' */

/** What hangs, and by when the first call that meets it must have been given up, in s: calls have 2 s, lists 120. */
const HANGS = {
  'a registration that is not answered': { path: '/watchers', withinS: 15 },
  'a login that is not answered': { path: '/login', withinS: 15 },
  'a login whose answer dribbles': { path: '/login', dribbles: true, withinS: 15 },
  'a stream that is not answered': { path: '/decisions/stream?startup=true', withinS: 15 },
  'a stream that dribbles': { path: '/decisions/stream?startup=true', dribbles: true, withinS: 15 },
  'signals that are not answered': { path: '/signals', withinS: 15 },
  'signals whose answer dribbles': { path: '/signals', dribbles: true, withinS: 15 },
  'an enrollment that is not answered': { path: '/enroll', withinS: 15 },
  'a list that dribbles': { path: '/list', dribbles: true, withinS: 150 },
};

/** How long the first call may take to arrive, in s: a process starts, registers and logs in before. */
const ARRIVAL_S = 60;

/**
 * Processes with a small heap that churns, as that of an application with a cache does, each with an agent for which one thing hangs.
 * Its call must be given up: the server sees the connection close.
 *
 * @param {unknown} _options
 * @param {(line: string) => void} say
 * @returns {Promise<ChaosOutcome>}
 */
export async function timeouts(_options, say) {
  const rows = await Promise.all(
    Object.entries(HANGS).map(async ([name, hang]) => {
      const row = { name, withinS: hang.withinS, tookS: await measureTimeout(hang) };
      say(`${name}: ${row.tookS === undefined ? 'hangs' : `given up after ${row.tookS} s`}`);
      return row;
    }),
  );
  return {
    about: `Node ${process.version}, a heap of 96 MB that churns in each process.`,
    figures: Object.fromEntries(rows.map(({ name, tookS }) => [name, tookS ?? -1])),
    promises: rows.map(({ name, tookS, withinS }) => [`${name} is given up within ${withinS} s`, tookS !== undefined]),
  };
}

/**
 * How long the first call took that met this, in s; undefined when it was not given up in time.
 *
 * @param {{ path: string, dribbles?: boolean, withinS: number }} hang
 */
async function measureTimeout({ path, dribbles = false, withinS }) {
  const server = createServer((request, response) => {
    request.resume();
    if (request.url?.endsWith(path) !== true) return answer(request.url ?? '', request.headers.host ?? '', response);
    const at = performance.now();
    server.emit('arrived');
    response.once('close', () => server.emit('given up', Math.round((performance.now() - at) / 1_000)));
    if (!dribbles) return undefined;
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 100);
    return response.once('close', () => clearInterval(timer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const arrived = once(server, 'arrived');
  const givenUp = once(server, 'given up').then(([tookS]) => Number(tookS));
  const { port } = /** @type {AddressInfo} */ (server.address());
  const worker = fileURLToPath(new URL('timeouts-worker.mjs', import.meta.url));
  const child = fork(worker, [`http://127.0.0.1:${port}`], {
    execArgv: ['--max-old-space-size=96', '--max-semi-space-size=1'],
  });
  await Promise.race([arrived, delay(ARRIVAL_S * 1_000, undefined, { ref: false })]);
  const tookS = await Promise.race([givenUp, delay(withinS * 1_000, undefined, { ref: false })]);
  child.kill('SIGKILL');
  server.closeAllConnections();
  server.close();
  return tookS;
}

/**
 * What a CAPI answers that does not hang.
 *
 * @param {string} path
 * @param {string} host
 * @param {ServerResponse} response
 */
function answer(path, host, response) {
  const expire = new Date(Date.now() + 3_600_000).toISOString();
  const list = { name: 'list', url: `http://${host}/list`, remediation: 'ban', scope: 'ip', duration: '24h' };
  if (path.endsWith('/login')) response.end(JSON.stringify({ code: 200, expire, token: 'token' }));
  else if (path.includes('/stream'))
    response.end(JSON.stringify({ new: [], deleted: [], links: { blocklists: [list] } }));
  else response.end(path.endsWith('/list') ? '203.0.113.1\n' : '{"message":"OK"}');
}
