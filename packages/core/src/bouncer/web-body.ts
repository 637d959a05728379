import { STALLED_BODY_MS, type RequestBody } from './request-body.js';

/**
 * Reads the body of a Fetch request ahead of its handler, up to so many bytes, from a copy: the request itself stays unread. It never
 * rejects.
 */
export async function readWebBody(request: Request, maxBytes: number): Promise<RequestBody> {
  if (request.bodyUsed || request.body?.locked === true) return { kind: 'consumed' };
  if (request.body === null) return { kind: 'none' };
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return { kind: 'large' };
  let reader: ReadableStreamDefaultReader<Uint8Array>;
  try {
    const { body } = request.clone();
    if (body === null) return { kind: 'none' };
    reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  } catch {
    return { kind: 'consumed' };
  }
  try {
    return await readUpTo(reader, maxBytes);
  } catch {
    return { kind: 'aborted' };
  } finally {
    // Not waited for: it is over only when the other copy is read as well.
    reader.cancel().catch(() => undefined);
  }
}

async function readUpTo(reader: ReadableStreamDefaultReader<Uint8Array>, maxBytes: number): Promise<RequestBody> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const read = await withStallTimeout(reader.read());
    if (read === undefined) return { kind: 'stalled' };
    if (read.done) return { kind: 'whole', bytes: Buffer.concat(chunks), maybeUnpacked: false };
    bytes += read.value.byteLength;
    if (bytes > maxBytes) return { kind: 'large' };
    chunks.push(read.value);
  }
}

function withStallTimeout<T>(piece: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stalled = setTimeout(() => resolve(undefined), STALLED_BODY_MS).unref();
    piece.then(resolve, reject).finally(() => clearTimeout(stalled));
  });
}
