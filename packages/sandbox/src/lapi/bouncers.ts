import { randomBytes } from 'node:crypto';

/** A bouncer row: one for each key and address that used it, with a cursor of its own. */
export interface LapiBouncer {
  readonly name: string;
  /** What the user agent says, as `name/version`. */
  readonly type: string;
  readonly version: string;
  readonly address: string;
  /** When the last stream answer was asked for, in ms since the epoch; the cursor of its deltas. */
  readonly lastPull: number | undefined;
}

/** The keys of bouncers, and where each address that uses one stands in the stream. */
export class Bouncers {
  readonly #names = new Map<string, string>();
  readonly #rows = new Map<string, { -readonly [Key in keyof LapiBouncer]: LapiBouncer[Key] }>();

  /** Makes a key, as `cscli bouncers add NAME` does. */
  add(name: string, key = randomBytes(32).toString('base64').replace(/=+$/, '')): string {
    this.#names.set(key, name);
    return key;
  }

  /** Removes a bouncer with its key and its rows, as `cscli bouncers delete NAME` does. */
  remove(name: string): void {
    for (const [key, known] of this.#names) {
      if (known !== name) continue;
      this.#names.delete(key);
      for (const row of this.#rows.keys()) if (row.startsWith(`${key}\n`)) this.#rows.delete(row);
    }
  }

  all(): readonly LapiBouncer[] {
    return [...this.#rows.values()].map((row) => ({ ...row }));
  }

  knows(key: string): boolean {
    return this.#names.has(key);
  }

  /** The row of a key and an address; the first use makes it. `undefined` for an unknown key. */
  seen(key: string, address: string, userAgent: string): LapiBouncer | undefined {
    const name = this.#names.get(key);
    if (name === undefined) return undefined;
    const rowKey = `${key}\n${address}`;
    const parts = userAgent.split('/');
    const [type, version] = parts.length === 2 ? [parts[0]!, parts[1]!] : [userAgent, 'N/A'];
    const isFirst = ![...this.#rows.values()].some((row) => row.name === name);
    const row = this.#rows.get(rowKey) ?? {
      name: isFirst ? name : `${name}@${address}`,
      type,
      version,
      address,
      lastPull: undefined,
    };
    Object.assign(row, { type, version });
    this.#rows.set(rowKey, row);
    return row;
  }

  moveCursor(key: string, address: string, at: number): void {
    const row = this.#rows.get(`${key}\n${address}`);
    if (row !== undefined) row.lastPull = at;
  }
}
