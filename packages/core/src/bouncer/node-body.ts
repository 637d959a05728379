import { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { NodeBodyTap } from './node-body-tap.js';
import type { RequestBody } from './request-body.js';
import type { NodeRequest } from './verdict.js';

/** One for each request: who asks again is told the same, and what a parser has read since is still there. */
const taps = new WeakMap<object, NodeBodyTap>();

/** What parsers and frameworks add to a request of Node. */
interface Extended {
  /** The bytes of the body, kept by a parser (`rawBody: true` in Nest, and others). */
  readonly rawBody?: unknown;
  /** Whether the connection is handed over to another protocol: then what follows is no body. */
  readonly upgrade?: unknown;
  /** Of HTTP/2. */
  readonly stream?: { readonly endAfterHeaders?: boolean };
  readonly httpVersionMajor?: number;
}

/**
 * Reads the body of a request of `node:http` or of the compatibility API of `node:http2` ahead of its handler, up to so many bytes. The
 * bytes stay in the request's own buffer, so parsers, pipes and iterators find them there, and beyond the limit the connection is held up
 * as ever. It never rejects.
 */
export async function readNodeBody(request: NodeRequest, maxBytes: number): Promise<RequestBody> {
  if (!hasBody(request)) return { kind: 'none' };
  const raw = (request as Extended).rawBody;
  if (raw instanceof Uint8Array)
    return raw.byteLength > maxBytes ? { kind: 'large' } : { kind: 'whole', bytes: raw, maybeUnpacked: true };
  const known = taps.get(request);
  if (known !== undefined) return known.read();
  if (announcedBytes(request) > maxBytes) return { kind: 'large' };
  return tapBody(request, maxBytes)?.read() ?? { kind: 'consumed' };
}

/**
 * From now on keeps what comes of a body, for a {@link readNodeBody} that comes after a parser has read it. Who reads it now notices
 * nothing.
 */
export function recordNodeBody(request: NodeRequest, maxBytes: number): void {
  if (hasBody(request) && announcedBytes(request) <= maxBytes && !taps.has(request)) tapBody(request, maxBytes);
}

/** How many bytes {@link readNodeBody} may come to hold. */
export function nodeBytesToHold(request: NodeRequest, maxBytes: number): number {
  if (!hasBody(request)) return 0;
  const announced = announcedBytes(request);
  return announced > maxBytes ? 0 : announced || maxBytes;
}

function tapBody(request: NodeRequest, maxBytes: number): NodeBodyTap | undefined {
  if (!(request instanceof Readable) || isBeingRead(request)) return undefined;
  const tap = new NodeBodyTap(request, maxBytes);
  taps.set(request, tap);
  return tap;
}

function isBeingRead(request: Readable): boolean {
  return (
    request.readableDidRead ||
    request.readableFlowing === true ||
    request.readableEncoding !== null ||
    request.listenerCount('data') > 0 ||
    request.listenerCount('readable') > 0 ||
    (request.destroyed && request instanceof IncomingMessage && request.complete)
  );
}

function hasBody(request: NodeRequest): boolean {
  const { upgrade, stream, httpVersionMajor } = request as Extended;
  if (upgrade === true) return false;
  if (httpVersionMajor === 2) return stream?.endAfterHeaders !== true;
  return request.headers['transfer-encoding'] !== undefined || announcedBytes(request) > 0;
}

function announcedBytes({ headers }: NodeRequest): number {
  const announced = Number(headers['content-length'] ?? 0);
  return Number.isNaN(announced) ? 0 : announced;
}
