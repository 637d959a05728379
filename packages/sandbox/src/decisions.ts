import type { StateFile, StateFolder } from './state-folder.js';

/** A decision of the community blocklist, as the stream will tell it. Texts are told as they are, right or wrong. */
export interface StreamDecision {
  readonly value: string;
  readonly scenario: string;
  readonly scope: string;
  /** Go syntax, as `24h0m0s`. It is told unchanged, and nothing expires here: a decision stays until it is removed. */
  readonly duration: string;
}

/** A decision to add; by default of `crowdsecurity/http-probing`, for `168h`, scope `ip` or `Range` by its value. */
export type DecisionInput = Pick<StreamDecision, 'value'> & Partial<StreamDecision>;

/** What the decisions stream answers. */
export interface Decisions {
  /** Adds decisions; those that were there are told again, as renewed ones. */
  add(decisions: readonly DecisionInput[]): void;
  /** Removes every decision on these values. */
  remove(values: readonly string[]): void;
  /** Makes the decisions exactly these: adds what is missing, removes what is not named, and tells no others. */
  set(decisions: readonly DecisionInput[]): void;
  all(): readonly StreamDecision[];
  /** Answers every pull with exactly this (text as it is, anything else as JSON), until cleared. Moves no cursor. */
  replaceRawStream(body: unknown): void;
  clearRawStream(): void;
}

/** What a stream answer says about decisions. */
export interface FeedAnswer {
  /** The cursor of a machine that was told this. */
  readonly revision: number;
  /** JSON text of `new`. */
  readonly added: string;
  /** JSON text of `deleted`. */
  readonly deleted: string;
}

/** The decisions and when they changed, so that each machine can be told what is new to it. */
export class DecisionFeed implements Decisions {
  readonly #file: StateFile;
  readonly #rows = new Map<string, Row>();
  readonly #removed = new Map<string, Removal>();
  #revision: number;
  #everything: { readonly revision: number; readonly json: string } | undefined;
  #rawStream: { readonly body: string } | undefined;

  private constructor(state: StateFolder, kept: Kept) {
    this.#file = state.file(FILE, () => this.#snapshot());
    this.#revision = kept.revision;
    for (const row of kept.rows) this.#rows.set(rowKey(row), row);
    for (const removal of kept.removed) this.#removed.set(removalKey(removal), removal);
  }

  static async open(state: StateFolder): Promise<DecisionFeed> {
    return new DecisionFeed(
      state,
      ((await state.read(FILE)) as Kept | undefined) ?? { revision: 0, rows: [], removed: [] },
    );
  }

  add(decisions: readonly DecisionInput[]): void {
    this.#change((revision) => {
      for (const [key, row] of keyed(decisions, revision)) this.#rows.set(key, row);
    });
  }

  remove(values: readonly string[]): void {
    const wanted = new Set(values);
    this.#change((revision) => this.#drop((_key, { value }) => wanted.has(value), revision));
  }

  set(decisions: readonly DecisionInput[]): void {
    this.#change((revision) => {
      const wanted = keyed(decisions, revision);
      this.#drop((key) => !wanted.has(key), revision);
      for (const [key, row] of wanted) {
        if (this.#rows.get(key)?.duration !== row.duration) this.#rows.set(key, row);
      }
    });
  }

  all(): readonly StreamDecision[] {
    return [...this.#rows.values()].map(({ revision: _, ...decision }) => decision);
  }

  replaceRawStream(body: unknown): void {
    this.#rawStream = { body: typeof body === 'string' ? body : JSON.stringify(body) };
  }

  clearRawStream(): void {
    this.#rawStream = undefined;
  }

  get rawStream(): string | undefined {
    return this.#rawStream?.body;
  }

  /** Everything there is, with the removals that a machine at `cursor` has not heard of. */
  full(cursor: number | undefined): FeedAnswer {
    if (this.#everything?.revision !== this.#revision) {
      // Serialised once per change: with 120,000 decisions this is the expensive part of an answer.
      this.#everything = { revision: this.#revision, json: JSON.stringify(grouped([...this.#rows.values()])) };
    }
    return { revision: this.#revision, added: this.#everything.json, deleted: this.#deletedSince(cursor) };
  }

  /** What changed after `cursor`; everything for a machine that was told nothing yet. */
  delta(cursor: number | undefined): FeedAnswer {
    if (cursor === undefined || cursor > this.#revision) return this.full(undefined);
    const rows = [...this.#rows.values()].filter((row) => row.revision > cursor);
    return { revision: this.#revision, added: JSON.stringify(grouped(rows)), deleted: this.#deletedSince(cursor) };
  }

  #deletedSince(cursor: number | undefined): string {
    const removals = [...this.#removed.values()].filter(({ revision }) => revision > (cursor ?? Infinity));
    const byScope = groupBy(removals, ({ scope }) => scope);
    return JSON.stringify(
      byScope.map(([first, group]) => ({ scope: first.scope, decisions: group.map(({ value }) => value) })),
    );
  }

  #drop(isUnwanted: (key: string, row: Row) => boolean, revision: number): void {
    for (const [key, row] of this.#rows) {
      if (!isUnwanted(key, row)) continue;
      this.#rows.delete(key);
      const removal = { scope: row.scope, value: row.value, revision };
      this.#removed.set(removalKey(removal), removal);
    }
  }

  #change(apply: (revision: number) => void): void {
    this.#revision += 1;
    apply(this.#revision);
    this.#file.changed();
  }

  #snapshot(): Kept {
    return { revision: this.#revision, rows: [...this.#rows.values()], removed: [...this.#removed.values()] };
  }
}

interface Row extends StreamDecision {
  /** When it was last added. */
  readonly revision: number;
}

interface Removal {
  readonly scope: string;
  readonly value: string;
  readonly revision: number;
}

interface Kept {
  readonly revision: number;
  readonly rows: readonly Row[];
  readonly removed: readonly Removal[];
}

const FILE = 'decisions.json';

const rowKey = ({ scope, scenario, value }: StreamDecision): string => `${scope}\n${scenario}\n${value}`;
const removalKey = ({ scope, value }: Removal): string => `${scope}\n${value}`;

function keyed(decisions: readonly DecisionInput[], revision: number): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const input of decisions) {
    const { value, scenario = 'crowdsecurity/http-probing', scope = scopeOf(value), duration = '168h' } = input;
    const row = { value, scenario, scope, duration, revision };
    rows.set(rowKey(row), row);
  }
  return rows;
}

/**
 * The official engine takes addresses in any case. The scope of a removal of anything else it compares as it is told with `Range`, which
 * it makes of what it stores: it would keep a range whose removal says `range`.
 */
function scopeOf(value: string): string {
  return value.includes('/') ? 'Range' : 'ip';
}

/** The wire form of `new`: by scenario and scope, never an empty group (one makes the official engine panic). */
function grouped(rows: readonly Row[]): readonly object[] {
  return groupBy(rows, ({ scenario, scope }) => `${scope}\n${scenario}`).map(([{ scenario, scope }, group]) => ({
    scenario,
    scope,
    decisions: group.map(({ value, duration }) => ({ value, duration })),
  }));
}

function groupBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): readonly (readonly [first: T, group: readonly T[]])[] {
  const groups = new Map<string, [T, T[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item, [item]]);
    else group[1].push(item);
  }
  return [...groups.values()];
}
