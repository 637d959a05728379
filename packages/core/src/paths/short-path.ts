import { pathTraversal } from './path-traversal.js';
import { plainPath } from './plain-path.js';

/** What observers see of a path as it arrived. */
const MAX_PATH_CHARS = 2_000;

/** Of what is beyond, both ends are looked at: servers take no such path unless they are told to. */
const MAX_READ_CHARS = 65_536;

/** Stands for what was left out. */
const GAP = '/…';

/**
 * A path of at most 2,000 characters. A longer one is put plainly ({@link plainPath}), so that `/./` a thousand times hides nothing; it
 * begins with `/%2e%2e` where it climbs out of a folder in a spelling that hides it ({@link pathTraversal}). If that is still too long, `…` stands for its
 * middle.
 */
export function shortPath(path: string): string {
  if (path.length <= MAX_PATH_CHARS) return path;
  const read = withoutMiddle(path, MAX_READ_CHARS);
  const traversal = pathTraversal(read) === 'out' ? '/%2e%2e' : '';
  return traversal + withoutMiddle(plainPath(read), MAX_PATH_CHARS - traversal.length);
}

/** Leaves out whole segments where it can. */
function withoutMiddle(path: string, maxChars: number): string {
  if (path.length <= maxChars) return path;
  const half = Math.floor((maxChars - GAP.length) / 2);
  const [head, tail] = [path.slice(0, half), path.slice(-half)];
  const [headEnd, tailBegin] = [head.lastIndexOf('/'), tail.indexOf('/')];
  return (
    (headEnd > 0 ? head.slice(0, headEnd) : head) + GAP + (tailBegin < 0 ? `/${tail.slice(1)}` : tail.slice(tailBegin))
  );
}
