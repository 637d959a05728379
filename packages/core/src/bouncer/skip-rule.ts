import type { SynchronousOptions } from '../synchronous-options.js';
import type { RequestFacts } from './verdict.js';

/**
 * Requests that nobody looks at: paths (`/health`), everything below one (`/assets/*`), or a predicate. Paths are
 * compared with the raw path of the request, to the letter.
 */
export type Skip = readonly string[] | ((facts: RequestFacts) => boolean);

/** A path that a server may take for another one (`/assets/../admin`): it is never skipped. */
const NON_CANONICAL = /\/\.|\\|%2e|%2f|%5c|\/\//i;

/**
 * Makes the rule of {@link Skip}.
 *
 * @param option what it is called in messages
 */
export function skipRule(
  skip: Skip,
  synchronous: SynchronousOptions,
  option = 'options.skip',
): (facts: RequestFacts) => boolean {
  if (typeof skip === 'function') {
    return (facts) => {
      const skips = skip(facts);
      return !synchronous.refuses(option, skips) && skips;
    };
  }
  const exact = new Set(skip.filter((path) => !path.endsWith('/*')));
  const below = skip.filter((path) => path.endsWith('/*')).map((path) => path.slice(0, -1));
  if (skip.length === 0) return () => false;
  return ({ path }) =>
    exact.has(path) || (below.some((prefix) => path.startsWith(prefix)) && !NON_CANONICAL.test(path));
}

/** The same, and the path of this URL too: who is sent there must be able to see it. */
export function withSkippedPath(skip: Skip, url: string): Skip {
  const path = url.replace(/[?#].*$/, '');
  return typeof skip === 'function' ? (facts) => facts.path === path || skip(facts) : [...skip, path];
}
