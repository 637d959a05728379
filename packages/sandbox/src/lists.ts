import { createHash } from 'node:crypto';
import type { TimeSource } from './clock.js';

/** The content of a blocklist, and what its link says. */
export interface BlocklistInput {
  /** One value each; or give `text`. */
  readonly lines?: readonly string[];
  /** Served as it is: for rubbish, comments and odd line ends. */
  readonly text?: string;
  /** Default `ban`. */
  readonly remediation?: string;
  /** Default `ip`. */
  readonly scope?: string;
  /** Go syntax; default `24h`. */
  readonly duration?: string;
  /** What `Last-Modified` says, in ms since the epoch; default now. */
  readonly lastModified?: number;
  /** Makes the link lead elsewhere: to a dead host, or to a server that watches what it is sent. */
  readonly url?: string;
}

/** One line of an allowlist, in its wire form. */
export interface AllowlistEntry {
  readonly value: string;
  readonly description?: string;
  readonly created_at?: string;
  readonly expiration?: string | null;
}

/** The content of an allowlist: addresses, ranges or whole entries. */
export type AllowlistEntries = readonly (string | AllowlistEntry)[];

/** The content of an allowlist, and what its link says. */
export interface AllowlistInput {
  /** Addresses, ranges or whole entries; or give `text`. */
  readonly entries?: AllowlistEntries;
  /** Served as it is. */
  readonly text?: string;
  readonly description?: string;
  readonly lastModified?: number;
  readonly url?: string;
}

/** What a list's URL serves. */
export interface ServedList {
  readonly content: Buffer;
  readonly contentType: string;
  /** In ms since the epoch, to the second. */
  readonly lastModified: number;
}

/** The blocklists that the stream links to. */
export interface Blocklists {
  set(name: string, list: BlocklistInput): void;
  remove(name: string): void;
}

/** The allowlists that the stream links to. */
export interface Allowlists {
  set(name: string, list: AllowlistInput | AllowlistEntries): void;
  remove(name: string): void;
}

/** The lists of one kind: their links in the stream, and what is behind these. */
export class ListRegistry<Input> {
  readonly #clock: TimeSource;
  readonly #describe: (name: string, input: Input) => ListDescription;
  readonly #lists = new Map<string, RegisteredList>();

  constructor(clock: TimeSource, describe: (name: string, input: Input) => ListDescription) {
    this.#clock = clock;
    this.#describe = describe;
  }

  set(name: string, input: Input): void {
    const { text, contentType, lastModified = this.#clock.now(), url, link } = this.#describe(name, input);
    const modified = Math.floor(lastModified / 1000) * 1000;
    const createdAt = this.#lists.get(name)?.createdAt ?? modified;
    const served = { content: Buffer.from(text), contentType, lastModified: modified };
    this.#lists.set(name, { served, createdAt, link, url });
  }

  remove(name: string): void {
    this.#lists.delete(name);
  }

  get(name: string): ServedList | undefined {
    return this.#lists.get(name)?.served;
  }

  /** The links, with the URL where this server serves a list. */
  links(urlOf: (name: string) => string): readonly object[] {
    return [...this.#lists].map(([name, { link, url, createdAt, served }]) =>
      link({ url: url ?? urlOf(name), createdAt, updatedAt: served.lastModified }),
    );
  }
}

/** @see the `BlocklistLink` of the API contract */
export function createBlocklistRegistry(clock: TimeSource): ListRegistry<BlocklistInput> & Blocklists {
  return new ListRegistry(clock, (name, input) => {
    const { lines = [], remediation = 'ban', scope = 'ip', duration = '24h', lastModified, url } = input;
    const text = input.text ?? joined(lines);
    const link = (place: LinkPlace): object => ({ name, url: place.url, remediation, scope, duration });
    return { text, contentType: 'text/plain', lastModified, url, link };
  });
}

/** @see the `AllowlistLink` of the API contract */
export function createAllowlistRegistry(
  clock: TimeSource,
): ListRegistry<AllowlistInput | AllowlistEntries> & Allowlists {
  return new ListRegistry(clock, (name, input) => {
    const given: AllowlistInput = isEntries(input) ? { entries: input } : input;
    const { entries = [], description = '', lastModified, url } = given;
    const lines = entries.map((entry) => JSON.stringify(typeof entry === 'string' ? { value: entry } : entry));
    const text = given.text ?? joined(lines);
    const link = (place: LinkPlace): object => ({
      id: stableId(name),
      name,
      description,
      url: place.url,
      created_at: new Date(place.createdAt).toISOString(),
      updated_at: new Date(place.updatedAt).toISOString(),
    });
    return { text, contentType: 'application/x-ndjson', lastModified, url, link };
  });
}

interface ListDescription {
  readonly text: string;
  readonly contentType: string;
  readonly lastModified: number | undefined;
  readonly url: string | undefined;
  readonly link: (place: LinkPlace) => object;
}

interface LinkPlace {
  readonly url: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

interface RegisteredList {
  readonly served: ServedList;
  readonly createdAt: number;
  readonly link: (place: LinkPlace) => object;
  readonly url: string | undefined;
}

const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

function isEntries(input: AllowlistInput | AllowlistEntries): input is AllowlistEntries {
  return Array.isArray(input);
}

/** The same name has the same id after a restart: clients know an allowlist by it. */
function stableId(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
