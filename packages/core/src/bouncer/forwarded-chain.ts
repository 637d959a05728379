/** How a header tells of the client. */
export type ChainReader = (header: string) => Iterable<string | undefined>;

/** Nobody can send more hops than this through us; a longer chain is cut at its old end. */
const MAX_CHAIN_LENGTH = 64;

/** Headers that hold one address, which the proxy overwrites; they have no chain to walk. */
const SINGLE_ADDRESS_HEADERS = new Set(['x-real-ip', 'cf-connecting-ip', 'true-client-ip']);

/**
 * How to read a header, by its name: yields what each proxy saw, the nearest proxy's word first; `undefined` where a
 * proxy names nobody.
 *
 * Everything is read from the right, where the trusted proxies wrote: what a client put before that can't change how it
 * is read.
 */
export function chainReader(headerName: string): ChainReader {
  if (headerName === 'forwarded') return forwardedChain;
  return SINGLE_ADDRESS_HEADERS.has(headerName) ? lastValue : commaChain;
}

function* commaChain(header: string): Iterable<string> {
  let end = header.length;
  for (let hops = 0; hops < MAX_CHAIN_LENGTH && end >= 0; hops++) {
    const comma = end === 0 ? -1 : header.lastIndexOf(',', end - 1);
    const text = header.slice(comma + 1, end).trim();
    if (text !== '') yield text;
    end = comma;
  }
}

function lastValue(header: string): readonly string[] {
  const text = header.slice(header.lastIndexOf(',') + 1).trim();
  return text === '' ? [] : [text];
}

/** RFC 7239: `for=192.0.2.43;proto=https, for="[2001:db8::1]:4711"`. */
function* forwardedChain(header: string): Iterable<string | undefined> {
  let end = header.length;
  for (let hops = 0; hops < MAX_CHAIN_LENGTH && end >= 0; hops++) {
    const comma = commaBefore(header, end);
    const element = header.slice(comma + 1, end).trim();
    if (element !== '') yield forOf(element);
    end = comma;
  }
}

/** The last comma before `end` that is in no quoted string, found from the right; -1 for none. */
function commaBefore(text: string, end: number): number {
  let quoted = false;
  for (let i = end - 1; i >= 0; i--) {
    if (text[i] === '"' && !isEscaped(text, i, quoted)) quoted = !quoted;
    else if (text[i] === ',' && !quoted) return i;
  }
  return -1;
}

/** Within a quoted string, a quote after an odd number of backslashes is a character of it. */
function isEscaped(text: string, at: number, quoted: boolean): boolean {
  if (!quoted) return false;
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1;
}

const PAIR = /\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";,]*))\s*(?:;|$)/gy;

/** Who an element says that it forwards for. */
function forOf(element: string): string | undefined {
  for (const [, name = '', quoted, plain] of element.matchAll(PAIR)) {
    if (name.toLowerCase() === 'for') return quoted?.replace(/\\(.)/g, '$1') ?? plain;
  }
  return undefined;
}
