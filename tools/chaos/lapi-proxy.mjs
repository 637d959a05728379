import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { portOf } from '../port-of.mjs';

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { LapiProxy } from './types.d.mts' */

const STREAM = '/v1/decisions/stream';

/**
 * Stands before a local API, injects faults into answers of its stream at random, and counts how many pulls are in flight at once: a pull is over when
 * its connection is, be it that its process was killed.
 *
 * @param {string} target root of the local API
 * @returns {Promise<LapiProxy>}
 */
export async function startLapiProxy(target) {
  const counts = { pulls: 0, full: 0, faulty: 0, maxInFlight: 0 };
  /** @type {LapiProxy} */
  const proxy = { url: '', counts, injectsFaults: true, lastForwardAt: 0, inFlight: 0, stop: async () => undefined };

  const server = createServer((request, response) => {
    if (!request.url?.startsWith(STREAM)) return void forward(request, response);
    counts.pulls += 1;
    if (request.url.includes('startup=true')) counts.full += 1;
    counts.maxInFlight = Math.max(counts.maxInFlight, ++proxy.inFlight);
    response.once('close', () => (proxy.inFlight -= 1));
    const fault = proxy.injectsFaults ? faults[Math.floor(Math.random() * faults.length)] : undefined;
    if (fault !== undefined) counts.faulty += 1;
    void (fault ?? forward)(request, response);
  });

  /** @type {((request: IncomingMessage, response: ServerResponse) => unknown)[]} */
  const faultHandlers = [
    // No answer, before and after LAPI has moved its cursor.
    (request) => request.socket.destroy(),
    async (request) => {
      await answerOf(request);
      request.socket.destroy();
    },
    // Half of an answer.
    async (request, response) => {
      const body = await answerOf(request);
      response.write(body.subarray(0, Math.ceil(body.length / 2)));
      await delay(20);
      request.socket.destroy();
    },
    // A late one.
    async (request, response) => {
      await delay(500 + 3_000 * Math.random());
      await forward(request, response);
    },
    // One that is too late.
    async (request, response) => {
      const body = await answerOf(request);
      await delay(11_000);
      response.end(body);
    },
    // One that is valid and short, as when the database of LAPI fails, which leaves the cursor where it was.
    (_request, response) => response.end('{"new": [], "deleted": []}'),
    (_request, response) => response.writeHead(503, { 'content-type': 'text/html' }).end('<html>busy</html>'),
  ];
  /** Two answers of five get a fault; the one that takes long seldom. @type {(typeof faultHandlers[number] | undefined)[]} */
  const faults = [
    ...faultHandlers,
    ...faultHandlers.filter((_, i) => i !== 4),
    ...Array.from({ length: 19 }, () => undefined),
  ];

  /** @param {IncomingMessage} request @param {ServerResponse} response */
  async function forward(request, response) {
    response.end(await answerOf(request, response));
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} [response] gets the status
   */
  async function answerOf({ method, url, headers }, response) {
    proxy.lastForwardAt = Date.now();
    const outgoing = httpRequest(target + url, { method, headers, agent: false }).end();
    const [answer] = /** @type {[IncomingMessage]} */ (await once(outgoing, 'response'));
    /** @type {Buffer[]} */
    const chunks = [];
    for await (const chunk of answer) chunks.push(chunk);
    proxy.lastForwardAt = Date.now();
    if (response !== undefined && !response.headersSent) response.statusCode = answer.statusCode ?? 500;
    return Buffer.concat(chunks);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.url = `http://127.0.0.1:${portOf(server)}`;
  proxy.stop = async () => {
    server.closeAllConnections();
    server.close();
  };
  return proxy;
}
