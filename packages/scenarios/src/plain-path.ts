/**
 * A path as a server might understand it, however it is spelled: percent-encoding undone, twice at most, in lower case,
 * with `\` as `/`, without empty segments, `.`, `..` and a slash at the end. Whatever is not well-formed stays as it
 * is.
 */
export function plainPath(path: string): string {
  const segments: string[] = [];
  for (const segment of decoded(decoded(path)).toLowerCase().split(/[/\\]/)) {
    const name = segment.trim();
    if (name === '..') segments.pop();
    else if (name !== '' && name !== '.') segments.push(name);
  }
  return `/${segments.join('/')}`;
}

/** Plain paths beyond that name no file that anybody probes for; and to look at them would take visitors' time. */
export const LONGEST_PATH = 300;

/** By bytes: the names that matter are ASCII, and nothing can be malformed. */
function decoded(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
