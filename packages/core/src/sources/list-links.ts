import { parseGoDuration } from '../decisions/go-duration.js';
import { excerpt } from '../errors.js';
import type { ListKind, ListReport, ListState } from './decision-source.js';

/** What the `links` of a stream answer say. */
export interface Links {
  /** The lists to ask for, by feed, in the order of their links. */
  readonly lists: ReadonlyMap<string, ListState>;
  /** Which kinds the answer speaks of at all: of the others, what is held stays. */
  readonly kinds: ReadonlySet<ListKind>;
  /** Links that can't be followed. A held list that one of them names stays held. */
  readonly unusable: readonly ListReport[];
}

/**
 * Reads the `links` of a stream answer, whatever they are.
 *
 * @see the API contract, `GetDecisionsStreamResponseLinks`
 */
export function readLinks(links: unknown): Links {
  const lists = new Map<string, ListState>();
  const kinds = new Set<ListKind>();
  const unusable: ListReport[] = [];
  for (const [kind, property] of [
    ['allowlist', 'allowlists'],
    ['blocklist', 'blocklists'],
  ] as const) {
    const found = isRecord(links) ? links[property] : undefined;
    if (!Array.isArray(found)) continue;
    kinds.add(kind);
    for (const link of found) {
      const list = readLink(kind, link);
      if (typeof list !== 'string') {
        lists.set(unusedFeed(feedOf(list, link), lists), list);
        continue;
      }
      const name = isRecord(link) && typeof link.name === 'string' ? link.name : '?';
      unusable.push({ name, kind, status: 'failed', entries: 0, skipped: {}, error: list });
    }
  }
  return { lists, kinds, unusable };
}

/** The list of a link, or what is wrong with it. */
function readLink(kind: ListKind, link: unknown): ListState | string {
  if (!isRecord(link)) return 'the link is not an object';
  const required =
    kind === 'blocklist'
      ? (['name', 'url', 'remediation', 'scope', 'duration'] as const)
      : (['id', 'name', 'url'] as const);
  for (const property of required) {
    if (typeof link[property] !== 'string' || link[property] === '') return `the link has no ${property}`;
  }
  const { name, url, remediation, scope, duration } = link as Record<string, string>;
  if (!URL.canParse(url!)) return 'the link is not a URL';
  if (kind === 'allowlist') return { kind, name: name!, url: url! };
  if (parseGoDuration(duration!) === undefined) return `its duration ${excerpt(duration!, 50)} is not readable`;
  return { kind, name: name!, url: url!, remediation: remediation!, scope: scope!, duration: duration! };
}

/** What identifies a list: the name of a blocklist, whatever its case; the id of an allowlist. */
function feedOf({ kind, name }: Pick<ListState, 'kind' | 'name'>, link: unknown): string {
  return `${kind}:${kind === 'allowlist' && isRecord(link) ? String(link.id) : name.toLowerCase()}`;
}

/** Whether a link that can't be followed means this list that is held, judging by its name. */
export function isNamedBy({ kind, name }: ListReport, list: ListState): boolean {
  return kind === list.kind && name.toLowerCase() === list.name.toLowerCase();
}

/** Two links of one name in one answer are two lists. */
function unusedFeed(feed: string, lists: ReadonlyMap<string, ListState>): string {
  let free = feed;
  for (let i = 2; lists.has(free); i++) free = `${feed}#${i}`;
  return free;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
