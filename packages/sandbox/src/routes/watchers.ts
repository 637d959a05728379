import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { authentication, machineOf } from '../authenticate.js';
import type { Backend } from '../backend.js';
import { callOf } from '../request-hooks.js';
import { sendJson, sendMessage } from '../replies.js';
import { credentialsSchema, enrollSchema, loginSchema } from '../schemas.js';

/** Registration, login and enrollment. */
export function watcherRoutes(app: FastifyInstance, backend: Backend): void {
  const { machines, tokens, options, clock } = backend;

  app.post<{ Body: Credentials }>('/watchers', { schema: { body: credentialsSchema } }, async (request, reply) => {
    const { machine_id: machineId, password } = request.body;
    callOf(request).machineId = machineId;
    if (machines.has(machineId)) return sendMessage(reply, options.existingMachineStatus, 'User already exists');
    machines.add(machineId, password);
    return sendMessage(reply, 200);
  });

  app.post<{ Body: Login }>('/watchers/login', { schema: { body: loginSchema } }, async (request, reply) => {
    const { machine_id: machineId, password, scenarios } = request.body;
    callOf(request).machineId = machineId;
    // The contract wants 48 characters here and not at registration: who could register can log in.
    if (machineId.length !== 48 && !machines.has(machineId))
      return sendMessage(reply, 400, 'machine_id must have 48 characters');
    if (!(await machines.login(machineId, password, scenarios ?? []))) {
      return sendMessage(reply, options.loginRefusedStatus, 'The machine_id or password is incorrect');
    }
    const { token, expire } = await tokens.issue(machineId, machines.enrollment(machineId) !== undefined);
    return sendJson(reply, 200, { code: 200, expire, token });
  });

  const enroll = { preValidation: authentication(backend), schema: { body: enrollSchema } };
  app.post<{ Body: Enroll }>('/watchers/enroll', enroll, async (request, reply) => {
    const machineId = machineOf(request);
    const { attachment_key: attachmentKey, autoenroll = false, overwrite = false, name, tags } = request.body;
    if (!autoenroll && !options.enrollmentKeys.includes(attachmentKey ?? '')) return sendMessage(reply, 403);

    const repeated = machines.enrollment(machineId) !== undefined;
    if (!repeated || overwrite) machines.enroll(machineId, { attachmentKey, name, tags: tags ?? [], overwrite });
    if (repeated || !autoenroll) return sendMessage(reply, repeated ? 200 : 201);
    const url = `${backend.publicUrl()}/enroll/${randomUUID()}`;
    return sendJson(reply, 201, { url, expire_at: clock.now() + ENROLL_LINK_LIFE_MS });
  });
}

interface Credentials {
  readonly machine_id: string;
  readonly password: string;
}

interface Login extends Credentials {
  readonly scenarios?: readonly string[] | null;
}

interface Enroll {
  readonly attachment_key?: string;
  readonly name?: string;
  readonly tags?: readonly string[] | null;
  readonly overwrite?: boolean;
  readonly autoenroll?: boolean;
}

const ENROLL_LINK_LIFE_MS = 15 * 60_000;
