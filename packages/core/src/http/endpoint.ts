import { isAbsolute } from 'node:path';
import { CrowdsecError } from '../errors.js';

/** Where a server of the operator listens. */
export interface Endpoint {
  /** What paths are appended to: origin and prefix, without a slash at the end. */
  readonly root: string;
  /** The unix socket it listens on, in place of a port. */
  readonly socketPath?: string;
  /** As the operator wrote it, for messages. */
  readonly name: string;
}

/**
 * Reads `http(s)://host:port[/prefix]`, `unix:/run/crowdsec.sock`, or the plain path of a socket.
 *
 * @param path of the option, such as `options.lapi.url`
 * @param version what the SDK adds itself, and the URL must not name: `v1`
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`
 */
export function parseEndpoint(text: string, path: string, version?: string): Endpoint {
  const given = text.trim();
  const socketPath = socketPathOf(given);
  if (socketPath !== undefined) {
    if (!isAbsolute(socketPath))
      throw invalid(path, 'must name its socket by an absolute path: unix:/run/crowdsec.sock');
    return { root: 'http://unix', socketPath, name: `unix:${socketPath}` };
  }
  if (!URL.canParse(given))
    throw invalid(path, 'must be a URL such as http://127.0.0.1:8080, or unix:/run/crowdsec.sock');
  const url = new URL(given);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw invalid(path, 'must be an http, https or unix URL');
  if (url.username !== '' || url.password !== '') throw invalid(path, 'must not contain a user or a password');
  if (url.search !== '' || url.hash !== '') throw invalid(path, 'must not contain a query or a fragment');
  const prefix = url.pathname.replace(/\/+$/, '');
  if (version !== undefined && new RegExp(`/${version}(?:$|/)`).test(prefix))
    throw invalid(path, `must end before /${version}, which the SDK adds itself`);
  return { root: url.origin + prefix, name: url.origin + prefix };
}

function socketPathOf(text: string): string | undefined {
  if (text.startsWith('/') && !text.startsWith('//')) return text;
  return /^unix:(?:\/\/(?=\/))?(.*)$/is.exec(text)?.[1];
}

function invalid(path: string, message: string): CrowdsecError {
  return new CrowdsecError('CROWDSEC_OPTION_INVALID', `${path}: ${message}`, { path });
}
