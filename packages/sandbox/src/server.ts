import fastify, { type FastifyInstance } from 'fastify';
import type { Backend } from './backend.js';
import { schemaController, validatorCompiler } from './compilers.js';
import { requestHooks } from './request-hooks.js';
import { sendMessage } from './replies.js';
import { MAX_BODY_BYTES, parseBodies } from './request-body.js';
import { linkRoutes } from './routes/links.js';
import { reportRoutes } from './routes/reports.js';
import { streamRoutes } from './routes/stream.js';
import { watcherRoutes } from './routes/watchers.js';

/** The HTTP server, not yet listening. */
export function createServer(backend: Backend): FastifyInstance {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    // Clients keep connections alive; closing must not wait for them.
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // A path that cannot be decoded leads nowhere, like any other unknown one.
    frameworkErrors: (_error, _request, reply) => void sendMessage(reply, 404),
    routerOptions: { maxParamLength: 500 },
    schemaController,
  });
  app.setValidatorCompiler(validatorCompiler);
  parseBodies(app);
  requestHooks(app, backend);
  linkRoutes(app, backend);
  app.register(
    (v3, _options, done) => {
      watcherRoutes(v3, backend);
      streamRoutes(v3, backend);
      reportRoutes(v3, backend);
      done();
    },
    { prefix: '/v3' },
  );
  return app;
}
