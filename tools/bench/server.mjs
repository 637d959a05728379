import { createServer } from 'node:http';
import { parentPort } from 'node:worker_threads';
import { fromFile, synthetic } from './data.mjs';
import { portOf } from '../port-of.mjs';

/**
 * Serves what a refresh reads, from a thread of its own: a stream with `n` decisions, or none but links; and a list.
 */
/** @type {Map<string, { values: string[], body: Buffer }>} */
const bodies = new Map();
let links = {};

const server = createServer((request, response) => {
  answer(request, response).catch((error) => response.destroy(error));
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage(portOf(server)));

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function answer(request, response) {
  const target = request.url ?? '/';
  const url = new URL(target, 'http://localhost');
  if (url.pathname === '/links') {
    links = JSON.parse(Buffer.concat(await request.toArray()).toString() || '{}');
    response.end();
  } else if (url.pathname === '/empty') {
    response.end(JSON.stringify({ new: [], deleted: [], links }));
  } else if (url.pathname === '/about') {
    const { values } = bodyOf(url.searchParams.get('body') ?? '');
    response.end(JSON.stringify({ n: values.length, held: values.find((value) => !value.includes('/')) }));
  } else {
    response.end(bodyOf(target).body);
  }
}

/** @param {string} target */
function bodyOf(target) {
  const body = bodies.get(target) ?? build(new URL(target, 'http://localhost'));
  bodies.set(target, body);
  return body;
}

/** @param {URL} url */
function build({ pathname, searchParams }) {
  const file = searchParams.get('file');
  const values = file ? fromFile(file) : synthetic(Number(searchParams.get('n')));
  if (pathname === '/list') return { values, body: Buffer.from(`${values.join('\n')}\n`) };
  const groups = Array.from({ length: 12 }, (_, i) => ({
    scenario: `crowdsecurity/scenario-${i}`,
    scope: 'ip',
    decisions: values
      .filter((_value, at) => at % 12 === i)
      .map((value, at) => ({ value, duration: `${100 + (at % 60)}h${at % 60}m${at % 59}s` })),
  }));
  return { values, body: Buffer.from(JSON.stringify({ new: groups, deleted: [] })) };
}
