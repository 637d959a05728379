/** Something that goes wrong on purpose. What it leaves out happens as usual. */
export interface Fault {
  /** Only requests with this method. */
  readonly method?: string;
  /** Only paths (without query) that start with this text, or that the expression matches. */
  readonly path?: string | RegExp;
  /** For so many requests; default 1, `Infinity` for all. */
  readonly times?: number;
  /** How likely a matching request meets it, 0 to 1; default 1. */
  readonly probability?: number;
  /** The answer comes so much later. */
  readonly delayMs?: number;
  /** Answers this at once, without doing the work. */
  readonly status?: number;
  /** Answers this at once (text as it is, anything else as JSON), without doing the work; status 200 unless given. */
  readonly body?: unknown;
  /** Added to the answer, be it real or this fault's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Drops the connection: before the work is done, after it, when only the answer is lost, or within the answer, when half of it has
   * left. `true` is `before`.
   */
  readonly cut?: true | 'before' | 'within' | 'after';
  /** Does the work and spoils the answer: the status is right, the JSON ends half way. */
  readonly malformed?: true;
}

/** What goes wrong on purpose: of all faults that match a request, it meets the one added first. */
export class Faults {
  readonly #random: () => number;
  readonly #active = new Set<{ readonly fault: Fault; left: number }>();

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Disposing of the handle ends the fault. */
  add(fault: Fault): Disposable {
    const entry = { fault, left: fault.times ?? 1 };
    this.#active.add(entry);
    return { [Symbol.dispose]: () => void this.#active.delete(entry) };
  }

  clear(): void {
    this.#active.clear();
  }

  /** The fault that this request meets; it counts as used. */
  meet(method: string, path: string): Fault | undefined {
    for (const entry of this.#active) {
      const { fault } = entry;
      if (!matches(fault, method, path) || (fault.probability ?? 1) <= this.#random()) continue;
      entry.left -= 1;
      if (entry.left <= 0) this.#active.delete(entry);
      return fault;
    }
    return undefined;
  }
}

function matches(fault: Fault, method: string, path: string): boolean {
  if (fault.method !== undefined && fault.method.toUpperCase() !== method) return false;
  if (fault.path === undefined) return true;
  return typeof fault.path === 'string' ? path.startsWith(fault.path) : path.search(fault.path) >= 0;
}
