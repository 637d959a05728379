import { isObject } from './keyv-like.js';
import type { RedisClient } from './redis-client.js';

/** Where the URL of a Redis leads, without its user and password: `127.0.0.1:6379`. */
export function hostOfUrl(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port === '' ? '6379' : port}`;
}

/** Where a client of node-redis leads, as its options tell: `127.0.0.1:6379`; undefined for a cluster, and where they do not tell. */
export function hostOfClient(client: RedisClient): string | undefined {
  const { options } = client as { readonly options?: unknown };
  if (!isObject(options)) return undefined;
  if (typeof options.url === 'string' && URL.canParse(options.url)) return hostOfUrl(options.url);
  const { socket } = options;
  if (!isObject(socket)) return undefined;
  if (typeof socket.path === 'string') return socket.path;
  const { host = 'localhost', port = 6379 } = socket;
  return `${String(host)}:${String(port)}`;
}
