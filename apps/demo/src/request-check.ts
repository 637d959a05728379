import type { IncomingMessage } from 'node:http';

/** Why a request is refused before anybody else sees it. */
export interface Objection {
  readonly status: 403 | 415;
  readonly message: string;
}

const LOCAL_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * What speaks against a request: whoever can do things here sits at this machine, and other web pages in its browser must not do them.
 *
 * - *Host*: a name that leads to 127.0.0.1 is not this server's (DNS rebinding).
 * - *Origin* and *Sec-Fetch-Site*: forms and scripts of other pages are told by the browser. Links to a page of ours are fine.
 * - *Content-Type*: what a form can send without being asked for permission is no JSON.
 *
 * Clients that are no browser send neither of the second kind, and are let in.
 *
 * @param port where this server listens
 */
export function objectionTo({ headers, method = 'GET' }: IncomingMessage, port: number): Objection | undefined {
  const hosts = LOCAL_NAMES.flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])]);
  const host = (headers.host ?? '').toLowerCase();
  if (!hosts.includes(host)) return refused(`The demo is not served as "${host}": open http://127.0.0.1:${port}`);
  if (headers.origin !== undefined && headers.origin.toLowerCase() !== `http://${host}`)
    return refused('A page of another origin may not do this');
  const site = headers['sec-fetch-site'];
  const isLink =
    method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isLink)
    return refused('A page of another site may not do this');
  const type = headers['content-type'];
  if (type !== undefined && !/^application\/json\s*(?:;|$)/i.test(type))
    return { status: 415, message: 'A body must be application/json' };
  return undefined;
}

function refused(message: string): Objection {
  return { status: 403, message };
}
