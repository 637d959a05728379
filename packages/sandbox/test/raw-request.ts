import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

/** A request exactly as it is given: `fetch` would mend the target (a bare `?` is dropped) and add headers. */
export async function rawRequest(
  url: string,
  {
    method,
    target,
    headers,
    body,
  }: { method: string; target: string; headers?: Readonly<Record<string, string>>; body?: Buffer },
): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, port } = new URL(url);
  const length = body === undefined ? {} : { 'content-length': body.length };
  const sent = request({ hostname, port, method, path: target, headers: { ...headers, ...length } });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const bytes = await buffer(response);
  const text = (response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  return { status: response.statusCode ?? 0, text };
}
