import type { AddressInfo } from 'node:net';

/** The URL of a server that listens there, as clients on this machine reach it; without trailing slash. */
export function urlOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
