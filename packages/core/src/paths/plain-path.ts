import { decodePath } from './decode-path.js';

/**
 * A path as a server might understand it, however it is spelled, to compare it with known ones: in lower case, without encodings (three
 * times at most; overlong UTF-8, `%u002e` and characters that look like `/`, `\` and `.` included), with `\` as `/`, without empty
 * segments, `.`, `..` and a slash at the end. Of each segment what some servers pass over is gone: everything from a `;`, `?`, `#` or
 * NUL on, white space around it and dots at its end. Whatever is not well-formed stays as it is. Takes time in proportion to the length.
 *
 * ```ts
 * plainPath('/static/..%2f%2eENV;.js'); // '/.env'
 * ```
 */
export function plainPath(path: string): string {
  if (PLAIN.test(path)) return path;
  const segments: string[] = [];
  const cut = decodePath(path).replace(/[;?#\0][^/\\]*/g, '');
  for (const segment of cut.toLowerCase().split(/[/\\]/)) {
    const name = segment.trim();
    if (name === '..') segments.pop();
    else {
      const bare = name.replace(DOTS_AT_END, '');
      if (bare !== '') segments.push(bare);
    }
  }
  return `/${segments.join('/')}`;
}

/** What is plain already, as most paths are: segments of lower-case ASCII that neither are dots nor end with one. */
const PLAIN = /^(?:\/\.*[a-z\d_~@:+,=!$&'()*-]+(?:\.+[a-z\d_~@:+,=!$&'()*-]+)*)+$/;

/** Looked for where dots begin and nowhere else, or a row of them would take the square of its length. */
const DOTS_AT_END = /(?<![.\s])[.\s]+$/;
