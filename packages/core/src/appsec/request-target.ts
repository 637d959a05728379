import { bytesOf } from './header-value.js';

/** A `%` that begins no escape. */
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/gi;
/** Blanks may stay. */
const CONTROL = /[^\x20-\x7e\x80-\xff]/g;
/** `http://shop.example/…`, of which nobody's parser makes anything else. */
const PLAIN_ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(?::\d{1,5})?(?=[/?#]|$)/i;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;
/**
 * The request target as AppSec can read it. It answers 500 to what its URL parser does not like, and no rule looks at the request then, nor
 * at what that parser takes for an authority or a fragment; so whatever a client may write has to come out as something that is parsed,
 * and that means the same to the application:
 *
 * - a `%` that begins no escape in the path becomes `%25` (in the query it does no harm);
 * - control characters are escaped;
 * - what has neither a slash at its beginning nor a scheme gets a slash; a scheme with an authority that is none goes;
 * - two slashes at the beginning, which the parser takes for an authority, become `/.//`: servers of files read them as one;
 * - a `#` becomes `?` where no query has begun, as some routers read it, and `%23` behind that. A request target has no fragment (RFC 9112).
 *
 * Everything else stays as it arrived.
 */
export function appsecTarget(url: string): string {
  const target = withPlainBeginning(bytesOf(url).replace(CONTROL, escape));
  const queryAt = target.search(/[?#]/);
  if (queryAt === -1) return target.replace(BROKEN_ESCAPE, '%25');
  const path = target.slice(0, queryAt).replace(BROKEN_ESCAPE, '%25');
  return `${path}?${target.slice(queryAt + 1).replaceAll('#', '%23')}`;
}

function withPlainBeginning(target: string): string {
  if (target === '*' || PLAIN_ABSOLUTE.test(target)) return target;
  const relative = target.replace(ABSOLUTE, '');
  const path = relative.startsWith('/') ? relative : `/${relative}`;
  return path.startsWith('//') ? `/.${path}` : path;
}

function escape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
