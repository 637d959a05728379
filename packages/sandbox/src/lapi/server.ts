import fastify, { type FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { schemaController } from '../compilers.js';
import { logCalls, injectFault, finishAnswer } from '../request-hooks.js';
import { parseBodies } from '../request-body.js';

import { allowlistRoutes } from './allowlist-routes.js';
import { alertRoutes } from './alert-routes.js';
import { bouncerRoutes } from './bouncer-routes.js';
import type { LapiBackend } from './backend.js';
import { sendEmpty, sendLapiJson } from './replies.js';
import { machineRoutes } from './machine-routes.js';

/** The engine's limit since 1.7.8, which earlier ones do not have. */
const MAX_BODY_BYTES = 50 * 1024 * 1024;

/** The HTTP server of the local API, not yet listening. */
export function createLapiServer(backend: LapiBackend): FastifyInstance {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // A path that leads nowhere has no body.
    frameworkErrors: (_error, _request, reply) => void sendEmpty(reply, 404),
    routerOptions: { maxParamLength: 500 },
    schemaController,
  });
  parseBodies(app);
  logCalls(app, backend);
  app.addHook('preValidation', (request, reply) => injectFault(request, reply, backend));
  app.addHook('onSend', async (request, reply, payload) => {
    const body = finishAnswer(payload, request, reply, backend.calls);
    // The stream of the newest engine is written row by row, without a length.
    if (!Buffer.isBuffer(body) || reply.getHeader('content-type') !== 'application/json') return body;
    reply.removeHeader('content-length');
    return Readable.from(inPieces(body));
  });
  app.setNotFoundHandler((_request, reply) => sendEmpty(reply, 404));
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) =>
    sendLapiJson(reply, error instanceof RangeError ? 500 : (error.statusCode ?? 500), { message: error.message }),
  );
  app.get('/health', async (_request, reply) => sendLapiJson(reply, 200, { status: 'up' }));
  app.register(
    (v1, _options, done) => {
      bouncerRoutes(v1, backend);
      machineRoutes(v1, backend);
      alertRoutes(v1, backend);
      allowlistRoutes(v1, backend);
      done();
    },
    { prefix: '/v1' },
  );
  return app;
}

/** Pieces that end anywhere, within characters and numbers too. */
function* inPieces(body: Buffer): Iterable<Buffer> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES);
}

/** A prime, so that pieces and rows never end together for long. */
const PIECE_BYTES = 16_381;
