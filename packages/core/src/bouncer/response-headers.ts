import type { BouncerResponse } from './verdict.js';

/** The headers of an answer as Node takes them, for adapters whose host is built on `node:http`. */
export function nodeHeaders({ headers }: BouncerResponse): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}

/** The headers of an answer as Fetch has them. */
export function fetchHeaders({ headers }: BouncerResponse): Headers {
  const all = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const each of typeof value === 'string' ? [value] : value) all.append(name, each);
  }
  return all;
}
