/**
 * A path as a server might understand it, however it is spelled: percent-encoding undone, three times at most, in lower
 * case, with `\` as `/`, without empty segments, `.`, `..` and a slash at the end. Of each segment what some servers
 * pass over is gone: everything from a `;`, `?`, `#` or NUL on, white space around it and dots at its end. Whatever is
 * not well-formed stays as it is.
 */
export function plainPath(path: string): string {
  const segments: string[] = [];
  const cut = decoded(decoded(decoded(path))).replace(/[;?#\0][^/\\]*/g, '');
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

/** Plain paths beyond that name no file that anybody probes for; and to look at them would take visitors' time. */
export const LONGEST_PATH = 300;

/** Looked for where dots begin and nowhere else, or a row of them would take the square of its length. */
const DOTS_AT_END = /(?<![.\s])[.\s]+$/;

/** By bytes: the names that matter are ASCII, and nothing can be malformed. */
function decoded(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
