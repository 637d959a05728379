import { bytesOf } from './header-value.js';

/** A `%` that begins no escape. */
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/gi;
/** Blanks may stay. */
const CONTROL = /[^\x20-\x7e\x80-\xff]/g;
/** `http://shop.example/…`, of which nobody's parser makes anything else. */
const PLAIN_ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(?::\d{1,5})?(?=[/?#]|$)/i;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;
/** Two slashes at the beginning, behind which stands what could not be the name of a host. */
const ODD_AUTHORITY = /^\/\/(?![a-z0-9.-]*(?:[/?#]|$))/i;

/**
 * The request target as AppSec can read it. It answers 500 to what its URL parser does not like, and no rule looks at the request then; so
 * whatever a client may write has to come out as something that is parsed, and that means the same to the application:
 *
 * - a `%` that begins no escape, in the path or the fragment, becomes `%25` (in the query it does no harm);
 * - control characters are escaped;
 * - what has neither a slash at its beginning nor a scheme gets a slash; a scheme with an authority that is none goes;
 * - two slashes at the beginning, which the parser takes for an authority, become `/.//` where that could not be one.
 *
 * Everything else stays as it arrived.
 */
export function appsecTarget(url: string): string {
  const target = withPlainBeginning(bytesOf(url).replace(CONTROL, escape));
  const fragmentAt = target.indexOf('#');
  const fragment = fragmentAt === -1 ? '' : target.slice(fragmentAt);
  const rest = fragmentAt === -1 ? target : target.slice(0, fragmentAt);
  const queryAt = rest.indexOf('?');
  const path = queryAt === -1 ? rest : rest.slice(0, queryAt);
  const query = queryAt === -1 ? '' : rest.slice(queryAt);
  return path.replace(BROKEN_ESCAPE, '%25') + query + fragment.replace(BROKEN_ESCAPE, '%25');
}

function withPlainBeginning(target: string): string {
  if (target === '*' || PLAIN_ABSOLUTE.test(target)) return target;
  const relative = target.replace(ABSOLUTE, '');
  const path = relative.startsWith('/') ? relative : `/${relative}`;
  return ODD_AUTHORITY.test(path) ? `/.${path}` : path;
}

function escape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
