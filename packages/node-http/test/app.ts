import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Crowdsec, PassVerdict } from '@crowdsec-sdk/core';
import { crowdsecHandler } from '../src/index.js';

/** The application of the conformance suite, on `node:http`. */
export function createApp(crowdsec: Crowdsec): RequestListener {
  const routes = routesOf(crowdsec);
  const answer = (request: IncomingMessage, response: ServerResponse, verdict: PassVerdict): void => {
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = routes[`${method ?? ''} ${pathOf(request)}`];
    if (route === undefined) response.writeHead(404).end();
    else Promise.resolve(route(request, response, verdict)).catch(() => response.writeHead(500).end());
  };
  const guarded = crowdsecHandler(crowdsec, (_request, response, verdict) => tell(response, verdict));
  return crowdsecHandler(crowdsec, (request, response, verdict) => {
    if (pathOf(request) === '/guarded') guarded(request, response);
    else answer(request, response, verdict);
  });
}

type Route = (request: IncomingMessage, response: ServerResponse, verdict: PassVerdict) => unknown;

function routesOf(crowdsec: Crowdsec): Readonly<Record<string, Route>> {
  let orders = 0;
  return {
    'GET /hello': (_, response) =>
      response.writeHead(200, { 'x-app': 'hello', 'content-type': 'text/plain' }).end('hello'),
    'GET /whoami': (_, response, verdict) => tell(response, verdict),
    'GET /stream': async (_, response) => {
      response.write('one\n');
      await delay(100);
      response.end('two\n');
    },
    'GET /never': () => undefined,
    'POST /echo': (request, response) => request.pipe(response),
    'GET /teapot': (_, response) => response.writeHead(418, { 'content-type': 'text/plain' }).end('teapot'),
    'GET /boom': async () => {
      throw new Error('boom');
    },
    'POST /order': (_, response) => {
      orders++;
      response.end('ordered');
    },
    'GET /orders': (_, response) => response.end(`${orders}`),
    'POST /report': async (_, response) => {
      await crowdsec.report({
        ip: '198.51.100.66',
        scenario: 'acme/login-bruteforce',
        decision: { type: 'ban', duration: '4h' },
      }).stored;
      response.end('reported');
    },
  };
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.replace(/\?.*$/, '');
}

function tell(response: ServerResponse, verdict: PassVerdict): void {
  const { ip = null, remediation, origin } = verdict;
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ip, remediation, origin }));
}
