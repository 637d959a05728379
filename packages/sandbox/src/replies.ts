import { STATUS_CODES } from 'node:http';
import { promisify } from 'node:util';
import { gzip as gzipWithCallback, constants } from 'node:zlib';
import type { FastifyReply } from 'fastify';

/** Answers JSON with exactly the content type that the API uses. */
export function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return sendBuffer(reply, status, Buffer.from(JSON.stringify(body)), 'application/json');
}

/** Answers `{"message": …}`: an error, or the `OK` of calls that have nothing to tell. */
export function sendMessage(
  reply: FastifyReply,
  status: number,
  message = STATUS_CODES[status] ?? 'Error',
): FastifyReply {
  return sendJson(reply, status, { message });
}

/** Bytes, because the framework adds a charset to the content type of text. */
export function sendBuffer(reply: FastifyReply, status: number, body: Buffer, contentType: string): FastifyReply {
  return reply.code(status).header('content-type', contentType).send(body);
}

/** Whether the client takes gzip, and the body is worth it. */
export function wantsGzip(acceptEncoding: string | undefined, body: Buffer): boolean {
  return body.length >= 1024 && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(acceptEncoding ?? '');
}

/** The body zipped; once for as long as it is kept, so that a large answer costs its zipping one time only. */
export function gzipped(body: Buffer): Promise<Buffer> {
  const known = zipped.get(body) ?? gzip(body, { level: constants.Z_BEST_SPEED });
  zipped.set(body, known);
  return known;
}

const gzip = promisify<Buffer, { level: number }, Buffer>(gzipWithCallback);

const zipped = new WeakMap<Buffer, Promise<Buffer>>();
