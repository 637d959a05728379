/** How many bytes of bodies may be held at once: an upload that is never finished must not eat up the memory of the host. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly granted: (isGranted: boolean) => void;
}

/** The memory for bodies that AppSec is shown. Whoever finds none free waits for it, in turn; until then nothing is read of the body. */
export class BodyMemoryBudget {
  readonly #waiting = new Set<Waiting>();
  readonly #longestWaitMs: number;
  #free: number;

  /** @param options.bytes how much there is; a body that is larger never gets any */
  constructor({ bytes = MAX_HELD_BYTES, longestWaitMs }: { readonly bytes?: number; readonly longestWaitMs: number }) {
    this.#free = bytes;
    this.#longestWaitMs = longestWaitMs;
  }

  /** @returns `undefined` when it was reserved at once, else whether it was in time. Whoever has reserved memory has to {@link release} */
  reserve(bytes: number): Promise<boolean> | undefined {
    if (bytes === 0) return undefined;
    if (this.#waiting.size === 0 && bytes <= this.#free) {
      this.#free -= bytes;
      return undefined;
    }
    return new Promise((resolve) => {
      const waiting: Waiting = {
        bytes,
        granted: (isGranted) => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve(isGranted);
        },
      };
      const timer = setTimeout(() => {
        waiting.granted(false);
        // Smaller ones may have stood behind it.
        this.release(0);
      }, this.#longestWaitMs).unref();
      this.#waiting.add(waiting);
    });
  }

  /** Gives memory back. */
  release(bytes: number): void {
    this.#free += bytes;
    for (const waiting of this.#waiting) {
      if (waiting.bytes > this.#free) return;
      this.#free -= waiting.bytes;
      waiting.granted(true);
    }
  }
}
