import { nodeBytesToHold, readNodeBody } from './node-body.js';
import { NO_BODY, type RequestBody } from './request-body.js';
import type { RequestFacts } from './verdict.js';
import { readWebBody } from './web-body.js';

/** Reads the body of a request ahead of its handler, up to so many bytes, and leaves it there for the handler. It never rejects. */
export function readBody({ nodeRequest, webRequest }: RequestFacts, maxBytes: number): Promise<RequestBody> {
  // A Fetch request has no body with GET and HEAD, though one may have come.
  const isInNode = nodeRequest !== undefined && (webRequest?.body ?? null) === null;
  if (webRequest !== undefined && !isInNode) return readWebBody(webRequest, maxBytes);
  return nodeRequest === undefined ? Promise.resolve(NO_BODY) : readNodeBody(nodeRequest, maxBytes);
}

/** How many bytes {@link readBody} may come to hold: as many as are announced, or as it reads at most. */
export function bytesToHold({ nodeRequest, webRequest }: RequestFacts, maxBytes: number): number {
  if ((webRequest?.body ?? null) === null)
    return nodeRequest === undefined ? 0 : nodeBytesToHold(nodeRequest, maxBytes);
  const announced = Number(webRequest?.headers.get('content-length') ?? maxBytes);
  return announced > maxBytes ? 0 : announced || maxBytes;
}
