import type { FastifyInstance } from 'fastify';
import type { LapiBackend } from './backend.js';
import { machineAuthentication } from './machine-routes.js';
import { sendLapiJson } from './replies.js';

/** What a machine asks of the allowlists; an engine of 1.4.6 has none. */
export function allowlistRoutes(app: FastifyInstance, backend: LapiBackend): void {
  const { allowlist, engine } = backend;
  if (engine === '1.4.6') return;
  const authenticated = { preValidation: machineAuthentication(backend) };

  app.get<{ Params: { target: string } }>('/allowlists/check/:target', authenticated, async (request, reply) =>
    sendLapiJson(
      reply,
      200,
      allowlist.holds(request.params.target)
        ? { allowlisted: true, reason: `${request.params.target} by sandbox` }
        : {},
    ),
  );

  app.post<{ Body: { targets?: readonly string[] } | null }>(
    '/allowlists/check',
    authenticated,
    async (request, reply) => {
      const targets = request.body?.targets ?? [];
      if (targets.length === 0) return sendLapiJson(reply, 400, { message: 'targets list cannot be empty' });
      const results = targets
        .filter((target) => allowlist.holds(target))
        .map((target) => ({ allowlists: ['sandbox'], target }));
      return sendLapiJson(reply, 200, { results });
    },
  );
}
