import { createRequire } from 'node:module';
import { createCrowdsec, silentLogger } from '../../packages/core/dist/index.js';
import { crowdsecMiddleware } from '../../packages/express/dist/index.js';
import { portOf } from '../port-of.mjs';

/** @import { Detector, Extension } from '../../packages/core/dist/entries/extension.js' */

/** The server of the extensions' benchmark: Express with the adapter and the extensions of a variant. */
const [variant] = process.argv.slice(2);
/** @type {typeof import('express')} */
const express = createRequire(new URL('../../packages/express/package.json', import.meta.url))('express');

/**
 * @param {string} name
 * @param {Detector['detect']} detect
 * @returns {Extension}
 */
const extension = (name, detect) => ({
  name: `bench.${name}`,
  apiVersion: 1,
  scenarios: [`bench/${name}`],
  detectors: [{ name: 'all', on: ['request', 'response'], detect }],
});
/** @type {Record<string, Extension[]>} */
const EXTENSIONS = {
  none: [],
  behaving: [
    extension('behaving', (event) =>
      'path' in event && event.path === '/trap' ? { scenario: 'bench/behaving', signal: 'whisper' } : undefined,
    ),
  ],
  failing: [
    extension('hanging', () => new Promise(() => undefined)),
    extension('throwing', () => {
      throw new Error('always');
    }),
    extension('lying', () => ({ scenario: 'bench/of-somebody-else', signal: 'decision', decision: { type: 'ban' } })),
  ],
};

const crowdsec = createCrowdsec({
  // Nobody listens there: what is measured is what happens in this process.
  apiUrl: 'http://127.0.0.1:9',
  ephemeral: true,
  trustedProxies: 'loopback',
  skip: ['/warm'],
  extensions: EXTENSIONS[variant],
  logger: silentLogger,
});
const offAt = new Map();
crowdsec.on('extensionChanged', ({ name, state }) => {
  if (state === 'off') offAt.set(name, performance.now());
});
await crowdsec.start();

/** @type {number | undefined} */
let firstAt;
const app = express();
app.use((request, _response, next) => {
  if (request.path !== '/warm') firstAt ??= performance.now();
  next();
});
app.use(crowdsecMiddleware(crowdsec));
app.use((_request, response) => response.send('hello'));
const server = app.listen(0, '127.0.0.1', () => process.send?.({ port: portOf(server) }));
// The load keeps its connections for the whole run.
server.keepAliveTimeout = 0;
process.on('message', () => {
  const extensions = crowdsec
    .health()
    .extensions.map(({ name, state }) => ({ name, state, offAfterMs: (offAt.get(name) ?? NaN) - (firstAt ?? NaN) }));
  process.send?.({ extensions });
});
