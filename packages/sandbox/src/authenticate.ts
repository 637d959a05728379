import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Backend } from './backend.js';
import { authorizationKind, tokenOf } from './calls.js';
import { callOf } from './request-hooks.js';
import { sendMessage } from './replies.js';

/** Lets a request through whose token, with or without `Bearer`, is good and of a known machine; 401 otherwise. */
export function authentication({ tokens, machines }: Backend) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { authorization } = request.headers;
    const kind = authorizationKind(authorization);
    if (authorization === undefined || kind === 'none' || kind === 'empty-bearer') return sendMessage(reply, 401);
    const verdict = await tokens.check(tokenOf(authorization));
    if (verdict.status === 'expired') return sendMessage(reply, 401, 'The incoming token has expired');
    if (verdict.status === 'invalid' || !machines.has(verdict.machineId)) return sendMessage(reply, 401);
    callOf(request).machineId = verdict.machineId;
    return undefined;
  };
}

/** The machine that an authenticated request comes from. */
export function machineOf(request: FastifyRequest): string {
  const { machineId } = callOf(request);
  if (machineId === undefined)
    throw new Error('The route asked for the machine of a request that it did not authenticate');
  return machineId;
}
