import type { FastifyReply } from 'fastify';
import { sendBuffer } from '../replies.js';

/** JSON under the content type of the local API. */
export function sendLapiJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return sendBuffer(reply, status, Buffer.from(JSON.stringify(body)), 'application/json; charset=utf-8');
}

/** An answer without a body, as 404, 405 and several 2xx have it. */
export function sendEmpty(reply: FastifyReply, status: number): FastifyReply {
  return reply
    .code(status)
    .header('content-length', status === 204 ? undefined : '0')
    .send();
}
