import { createServer } from 'node:http';
import { parentPort } from 'node:worker_threads';
import { synthetic } from './data.mjs';
import { portOf } from '../port-of.mjs';

/**
 * A local API, in a thread of its own: at startup it tells the first `n` of its decisions, `/start?n=` says how many; each pull after
 * that tells 100 rows, of which 45 are new, 45 renew others and 10 end some.
 */
const RENEWED = 45;
const ADDED = 45;
const DELETED = 10;
/** Rows are written so many at a time. */
const BATCH = 500;

/** @type {string[]} */
let values = [];
let held = 0;
let round = 0;

const row = (/** @type {number} */ id, /** @type {string} */ duration) =>
  JSON.stringify({
    duration,
    id,
    origin: id % 9 === 0 ? 'cscli' : 'CAPI',
    scenario: `vendor/scenario-${id % 40}`,
    scope: values[id].includes('/') ? 'Range' : 'Ip',
    type: id % 30 === 0 ? 'captcha' : 'ban',
    uuid: '2387b4dd-0000-4000-8000-000000000000',
    value: values[id],
  });

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/start') {
    held = Number(url.searchParams.get('n'));
    values = synthetic(held + 20_000);
    round = 0;
    response.end(JSON.stringify({ held: values.find((value) => !value.includes('/')) }));
    return;
  }
  response.setHeader('content-type', 'application/json');
  if (url.searchParams.get('startup') === 'true') void writeAll(response);
  else response.end(delta());
});

/** @param {import('node:http').ServerResponse} response */
async function writeAll(response) {
  response.write('{"new": [');
  for (let from = 0; from < held; from += BATCH) {
    const ids = Array.from({ length: Math.min(BATCH, held - from) }, (_, i) => from + i);
    const text = ids.map((id) => row(id, '4h0m0s')).join(',');
    if (!response.write(from === 0 ? text : `,${text}`))
      await new Promise((resolve) => response.once('drain', resolve));
  }
  response.end('], "deleted": []}');
}

function delta() {
  const number = round++;
  const added = Array.from({ length: ADDED }, (_, i) => row(held + number * ADDED + i, '4h0m0s'));
  const renewed = Array.from({ length: RENEWED }, (_, i) => row(1_000 + number * RENEWED + i, `${5 + number}h0m0s`));
  const deleted = Array.from({ length: DELETED }, (_, i) => row(50_000 + number * DELETED + i, '-1s'));
  return `{"new": [${[...added, ...renewed].join(',')}], "deleted": [${deleted.join(',')}]}`;
}

server.listen(0, '127.0.0.1', () => parentPort?.postMessage(portOf(server)));
