import type { RowSource } from './row-source.js';

/** Rows hold the number of their source in 16 bits; the last number means none. */
export const NO_SOURCE = 0xffff;

/** Above this number scenarios are no longer distinguished: sixty thousand of them are a fault or an attack. */
const MAX_DISTINCT_SCENARIOS = 60_000;

/** Numbers sources in the order in which they come; equal ones share a number. */
export class SourceTable {
  readonly sources: RowSource[] = [];
  readonly #ids = new Map<string, number>();

  /** The number that a source has by now; `undefined` when it has none. */
  find(source: RowSource): number | undefined {
    return this.#ids.get(keyOf(source));
  }

  idOf(source: RowSource): number {
    const kept = this.sources.length < MAX_DISTINCT_SCENARIOS ? source : { ...source, scenario: '' };
    const key = keyOf(kept);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.sources.push(kept) - 1;
      this.#ids.set(key, id);
    }
    return id;
  }
}

function keyOf({ feed, origin, type, scenario, allow }: RowSource): string {
  return JSON.stringify([feed, origin, type, scenario, allow]);
}
