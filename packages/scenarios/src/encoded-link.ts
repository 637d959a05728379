/** A slash or a backslash, as `encodeURIComponent` writes it. */
const ENCODED_SLASH = /%2f|%5c/gi;

/**
 * Whether a path that climbs (`..`) may be what comes of a relative link that was encoded whole, such as `/docs/..%2Flogo.png`: its
 * slashes are encoded once, nothing else hides a climb, and it does not leave the site.
 */
export function isEncodedLink(path: string): boolean {
  let depth = 0;
  let climbs = false;
  for (const segment of path.replace(ENCODED_SLASH, '/').split('/')) {
    if (segment === '..') {
      climbs = true;
      if (--depth < 0) return false;
    } else if (HIDES_CLIMB.test(segment)) return false;
    else if (segment !== '' && segment !== '.') depth++;
  }
  return climbs;
}

/** What else may be read as `..`: dots with something behind, dots or a percent sign that are encoded, backslashes, what is above ASCII. */
const HIDES_CLIMB = /^\s*\.\.|%(?:25|2e|u|[c-f][0-9a-f]|00)|[\\\0]|[^\0-\x7f]/i;
