import type { FastifyInstance } from 'fastify';
import { authentication, machineOf } from '../authenticate.js';
import type { Backend } from '../backend.js';
import { sendMessage } from '../replies.js';
import { decisionIdsSchema, metricsSchema, signalsSchema, usageMetricsSchema } from '../schemas.js';
import type { SignalBody } from '../signals.js';

/** What machines tell: signals, metrics and deleted decisions. */
export function reportRoutes(app: FastifyInstance, backend: Backend): void {
  const authenticate = authentication(backend);
  const { signals } = backend;

  const taking = { preValidation: authenticate, schema: { body: signalsSchema } };
  app.post<{ Body: readonly SignalBody[] }>('/signals', taking, async (request, reply) => {
    const outcome = signals.take(machineOf(request), request.body);
    switch (outcome.status) {
      case 'accepted':
        return sendMessage(reply, 200);
      case 'rejected':
        return sendMessage(reply, 400, outcome.message);
      case 'rate-limited':
        reply.header('retry-after', Math.ceil(outcome.retryAfterMs / 1000));
        return sendMessage(reply, 429);
    }
  });

  const acknowledged = {
    // The engine posts to the first, the contract names the second.
    '/metrics/': metricsSchema,
    '/metrics': metricsSchema,
    '/usage-metrics': usageMetricsSchema,
    '/decisions/delete': decisionIdsSchema,
    '/decisions/sync': signalsSchema,
  };
  for (const [path, body] of Object.entries(acknowledged)) {
    app.post(path, { preValidation: authenticate, schema: { body } }, async (_request, reply) =>
      sendMessage(reply, 200),
    );
  }
  app.get('/heartbeat', async (_request, reply) => sendMessage(reply, 200));
}
