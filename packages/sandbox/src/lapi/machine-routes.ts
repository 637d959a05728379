import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callOf } from '../request-hooks.js';
import type { LapiBackend } from './backend.js';
import { sendEmpty, sendLapiJson } from './replies.js';

/** Registration, login and heartbeat of machines. */
export function machineRoutes(app: FastifyInstance, { watchers }: LapiBackend): void {
  app.post('/watchers', async (request, reply) => {
    const { machine_id: machineId, password, missing } = credentialsOf(request.body);
    if (missing.length > 0)
      return sendLapiJson(reply, 422, { message: `validation failure list:\n${missing.join('\n')}` });
    if (watchers.has(machineId))
      return sendLapiJson(reply, 403, { message: `user '${machineId}': user already exist` });
    watchers.add({ machineId, password }, false);
    return sendEmpty(reply, 201);
  });

  app.post('/watchers/login', async (request, reply) => {
    const { machine_id: machineId, password, missing } = credentialsOf(request.body);
    const refusal =
      missing.length > 0
        ? `validation failure list:\n${missing.join('\n')}`
        : watchers.refusal(machineId, password, request.headers['user-agent'] ?? '');
    if (refusal !== undefined) return sendLapiJson(reply, 401, { code: 401, message: refusal });
    callOf(request).machineId = machineId;
    const { scenarios } = request.body as { scenarios?: unknown };
    const { token, expire } = await watchers.login(machineId, Array.isArray(scenarios) ? scenarios.map(String) : []);
    return sendLapiJson(reply, 200, { code: 200, expire, token });
  });
}

/** Lets a request through whose token is good; 401 with the engine's reason otherwise. */
export function machineAuthentication({ watchers }: LapiBackend) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const checked = await watchers.check(request.headers.authorization);
    if ('refusal' in checked) return sendLapiJson(reply, 401, { code: 401, message: checked.refusal });
    callOf(request).machineId = checked.machineId;
    return undefined;
  };
}

function credentialsOf(body: unknown): { machine_id: string; password: string; missing: readonly string[] } {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const missing = ['machine_id', 'password'].filter((key) => typeof fields[key] !== 'string');
  return {
    machine_id: String(fields.machine_id),
    password: String(fields.password),
    missing: missing.map((key) => `${key} in body is required`),
  };
}
