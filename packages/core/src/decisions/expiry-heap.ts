/** Something that ends, in ms since the epoch. */
export interface Ending {
  readonly expiresAt: number;
}

/** A binary heap: what ends first is on top. */
export class ExpiryHeap<T extends Ending> {
  #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** What ends first; `undefined` when it holds nothing. */
  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent]!.expiresAt <= item.expiresAt) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  /** Takes out what ends first. */
  pop(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#sink(last);
    return first;
  }

  /** Holds these in place of what it held. */
  reset(items: Iterable<T>): void {
    this.#items = [...items].sort((a, b) => a.expiresAt - b.expiresAt);
  }

  #sink(item: T): void {
    const items = this.#items;
    let at = 0;
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && items[child + 1]!.expiresAt < items[child]!.expiresAt) child++;
      if (items[child]!.expiresAt >= item.expiresAt) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }
}
