import * as z from 'zod';
import { goDurationField } from '../fields.js';
import { functionSchema } from '../validate.js';
import type { ListKind, PullContext } from './decision-source.js';
import type { ListChunks } from './read-list.js';

/** What a list of one's own says of its entries. */
export interface ListOptions {
  /** Names the source and its origin, `lists:<name in lower case>`: letters, digits, `.`, `_` and `-`, at most 100. */
  readonly name?: string | undefined;
  /** An allowlist beats every decision. `blocklist` by default. */
  readonly kind?: ListKind | undefined;
  /** What is done to those whom a blocklist names; `ban` by default. */
  readonly type?: string | undefined;
  /** How long entries hold after the list was read, a Go duration; without end by default. */
  readonly duration?: string | undefined;
  /**
   * Keeps entries with non-public addresses, such as `10.0.0.0/8`; by default a blocklist leaves them out and counts them
   * as `non-public`, for published lists name them and would ban proxies and health probes. An allowlist always keeps them.
   */
  readonly keepNonPublic?: boolean | undefined;
}

/** The options of {@link listSource}. */
export interface ListSourceOptions extends ListOptions {
  readonly name: string;
  /** How often it is looked at, in ms: 1,000 to a day, 10,000 by default. */
  readonly everyMs?: number | undefined;
  /**
   * The lines: one address or CIDR each; `#` and `;` begin a comment. What was held stays when it throws, when it has
   * more than 256 MiB or five million entries, and when it has lines but not one entry.
   */
  readonly read: (context: PullContext) => ListChunks;
  /**
   * Tells cheaply whether there is something new, by a text that differs then; without it all is read at each look. A
   * new version is read once two looks in a row have found it, so that what is being written is left alone.
   */
  readonly version?: ((context: PullContext) => Promise<string>) | undefined;
}

const DAY_MS = 24 * 60 * 60_000;

/** The schema of {@link ListSourceOptions}. */
export const listSourceOptions = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,100}$/, 'must be letters, digits, . _ and -, at most 100 of them'),
  kind: z.enum(['blocklist', 'allowlist'], { error: "must be 'blocklist' or 'allowlist'" }).default('blocklist'),
  type: z
    .string()
    .regex(/^[a-z0-9_-]{1,100}$/, "must be a remediation in lower case, such as 'ban'")
    .default('ban'),
  duration: goDurationField('4h').optional(),
  keepNonPublic: z.boolean().default(false),
  everyMs: z.number().int().min(1_000).max(DAY_MS).default(10_000),
  read: functionSchema<ListSourceOptions['read']>('a function that gives lines'),
  version: functionSchema<NonNullable<ListSourceOptions['version']>>('a function that tells a version').optional(),
});
