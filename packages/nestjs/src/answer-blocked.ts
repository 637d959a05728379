import type { ServerResponse } from 'node:http';
import type { BouncerResponse } from '@crowdsec-sdk/core';
import { nodeHeaders } from '@crowdsec-sdk/core/adapter';

/** Writes an answer as it is, with nothing of the platform about it: Express would add an ETag, Fastify a charset. */
export function answerBlocked(response: ServerResponse | FastifyReply, answer: BouncerResponse): void {
  // While a remedy took its time, a time-out of the application may have answered.
  if (('raw' in response ? response.raw : response).headersSent) return;
  const { status, body } = answer;
  const headers = nodeHeaders(answer);
  if ('raw' in response) response.code(status).headers(headers).send(Buffer.from(body));
  else response.writeHead(status, headers).end(body);
}

/** What this needs of Fastify's reply; our types must compile where Fastify is not installed. */
export interface FastifyReply {
  readonly raw: ServerResponse;
  code(status: number): this;
  headers(headers: Readonly<Record<string, string | string[]>>): this;
  send(body: Buffer): this;
}
