import { createServer } from 'node:http';
import { parentPort } from 'node:worker_threads';
import { fromFile, synthetic } from './data.mjs';

/**
 * Serves what a refresh reads, from a thread of its own: a stream with `n` decisions, or none but links; and a list.
 */
const bodies = new Map();
let links = {};

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/links') {
    links = JSON.parse(Buffer.concat(await request.toArray()).toString() || '{}');
    response.end();
  } else if (url.pathname === '/empty') {
    response.end(JSON.stringify({ new: [], deleted: [], links }));
  } else if (url.pathname === '/about') {
    const { values } = bodyOf(url.searchParams.get('body'));
    response.end(JSON.stringify({ n: values.length, held: values.find((value) => !value.includes('/')) }));
  } else {
    response.end(bodyOf(request.url).body);
  }
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));

function bodyOf(target) {
  if (!bodies.has(target)) bodies.set(target, build(new URL(target, 'http://localhost')));
  return bodies.get(target);
}

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
