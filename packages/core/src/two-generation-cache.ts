/**
 * What is known of groups, in bounded memory. There are two generations: a group that is seen moves to the younger one;
 * when that is full, or has been young for `lifetimeMs`, it becomes the older one, and what was left in that is
 * forgotten.
 */
export class TwoGenerationCache<T> {
  readonly #half: number;
  readonly #lifetimeMs: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();
  #youngSince = -Infinity;

  /**
   * @param maxGroups how many there are at most, at least 2; the last half that were seen are never forgotten for others
   * @param lifetimeMs what was not seen for so long may be forgotten; after twice that it is, when another is seen
   */
  constructor(maxGroups: number, lifetimeMs: number) {
    this.#half = Math.floor(maxGroups / 2);
    this.#lifetimeMs = lifetimeMs;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** What is known of a group, which is now seen. */
  get(group: string, at: number): T | undefined {
    if (Math.abs(at - this.#youngSince) >= this.#lifetimeMs) this.#grow(at);
    const young = this.#young.get(group);
    if (young !== undefined) return young;
    const old = this.#old.get(group);
    if (old === undefined) return undefined;
    this.#old.delete(group);
    this.add(group, old, at);
    return old;
  }

  /** Adds a group that {@link get} does not know. */
  add(group: string, known: T, at: number): void {
    if (this.#young.size >= this.#half) this.#grow(at);
    this.#young.set(group, known);
  }

  delete(group: string): void {
    if (!this.#young.delete(group)) this.#old.delete(group);
  }

  #grow(at: number): void {
    this.#youngSince = at;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
