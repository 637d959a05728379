import { decodePath } from './decode-path.js';

/** Without one of these, a path spells nothing in another way. */
const SPELLED = /[%\\;\0\s]|\.{4}|[^\0-\x7f]/;

/** `..` as a segment, with what some servers pass over: white space, path parameters, what follows a NUL. */
const PARENT = /^\s*\.\.\s*(?:;[\w;,.=-]*|\0.*)?$/s;

/** A filter that takes `../` out once leaves one of it. */
const FOUR_DOTS = /(?:^|[/\\])\.{4}[/\\]{2}/;

const URL_WITHIN = /^[a-z][a-z\d+.-]*:[/\\]{2}/i;

/**
 * Whether a path climbs to a parent folder (`..`) in a spelling that no browser and no link has: encoded (`..%2f`, `%2e%2e/`, twice, as
 * overlong UTF-8, as `%u002e`), by backslashes, or with something between (`..;/`, `..%00/`). A plain `/../` is none: clients that do
 * not resolve it exist.
 *
 * `'out'` when it climbs out of the segment that it is written in, as in `/static/..%2f..%2fetc`; `'within'` when it stays inside, as an
 * encoded value may: `/files/a%2F..%2Fb`. An encoded URL with such a path is none.
 *
 * Takes time in proportion to the length.
 */
export function pathTraversal(path: string): 'out' | 'within' | undefined {
  if (!SPELLED.test(path)) return undefined;
  if (FOUR_DOTS.test(decodePath(path))) return 'out';
  const segments = path.split('/');
  let found: 'within' | undefined;
  for (const [i, segment] of segments.entries()) {
    if (segment === '..' || !SPELLED.test(segment)) continue;
    const traversal = traversalOf(decodePath(segment), i === segments.length - 1);
    if (traversal === 'out') return 'out';
    found ??= traversal;
  }
  return found;
}

/** @param isLast nothing follows: a `..` at its end leads to no file */
function traversalOf(decoded: string, isLast: boolean): 'out' | 'within' | undefined {
  if (!decoded.includes('..')) return undefined;
  const parts = decoded.split(/[/\\]/);
  if (isLast) parts.pop();
  let depth = 0;
  let found: 'within' | undefined;
  for (const part of parts) {
    if (PARENT.test(part)) {
      if (--depth < 0) return 'out';
      found = 'within';
    } else if (part !== '' && part !== '.') depth++;
  }
  return URL_WITHIN.test(decoded) ? undefined : found;
}
