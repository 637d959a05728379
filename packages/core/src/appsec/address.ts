import { isAbsolute } from 'node:path';
import type { Endpoint } from '../http/endpoint.js';

/** Where AppSec listens: unlike that of LAPI, its path is used to the letter. */
export interface AppsecAddress {
  readonly endpoint: Endpoint;
  /** The path of the URL, with its query: `/`, `/waf`. */
  readonly target: string;
}

/** Reads what the option `appsec.url` says; the options have checked it. */
export function appsecAddress(url: string): AppsecAddress {
  const socketPath = isAbsolute(url) ? url : /^unix:(?:\/\/(?=\/))?(.*)$/s.exec(url)?.[1];
  if (socketPath !== undefined)
    return { endpoint: { root: 'http://unix', socketPath, name: `unix:${socketPath}` }, target: '/' };
  const { origin, pathname, search } = new URL(url);
  return { endpoint: { root: origin, name: origin + pathname }, target: pathname + search };
}
