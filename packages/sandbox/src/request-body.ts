import { promisify } from 'node:util';
import { gunzip as gunzipWithCallback } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The largest body, on the wire and unzipped. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * Makes every body JSON, whatever content type it claims and whether it is zipped or not. What is not JSON stays text,
 * which no schema accepts: so a bad body is logged and answered like any other that breaks the contract.
 */
export function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    const bytes = /^gzip$/i.test(request.headers['content-encoding'] ?? '') ? await unzipped(body) : body;
    const text = bytes.toString();
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  });
}

async function unzipped(body: Buffer): Promise<Buffer> {
  try {
    return await gunzip(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch (cause) {
    throw Object.assign(new Error('The body is not gzip, or too large unzipped', { cause }), { statusCode: 400 });
  }
}

const gunzip = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzipWithCallback);
