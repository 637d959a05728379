import type { ServerResponse } from 'node:http';

/** What every answer of the panel carries: nobody keeps it, frames it or takes it for something else. */
const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    ...['script-src', 'style-src', 'img-src', 'connect-src'].map((kind) => `${kind} 'self'`),
    ...['base-uri', 'form-action', 'frame-ancestors'].map((kind) => `${kind} 'none'`),
  ].join('; '),
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export function answer(
  response: ServerResponse,
  status: number,
  { body = '', ...headers }: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) return;
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, { ...COMMON_HEADERS, 'content-length': length, ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

export function answerJson(response: ServerResponse, status: number, data: unknown): void {
  answer(response, status, { 'content-type': 'application/json; charset=utf-8', body: JSON.stringify(data) });
}

/** The same for everybody who may not come in, and for what is not there. */
export function answerNotFound(response: ServerResponse): void {
  answer(response, 404, { 'content-type': 'text/plain; charset=utf-8', body: 'Not found.\n' });
}

/** Begins a stream of events. */
export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, {
    ...COMMON_HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
}
