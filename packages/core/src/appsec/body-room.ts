/** How many bytes of bodies may be held at once: an upload that is never finished must not eat up the memory of the host. */
const MOST_HELD_BYTES = 256 * 1024 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly enter: (entered: boolean) => void;
}

/** Room for the bodies that AppSec is to be shown. Who finds none waits for it, in turn; until then nothing is read of the body. */
export class BodyRoom {
  readonly #waiting = new Set<Waiting>();
  readonly #longestWaitMs: number;
  #free: number;

  /** @param options.bytes how much there is; a body that is larger never finds room */
  constructor({ bytes = MOST_HELD_BYTES, longestWaitMs }: { readonly bytes?: number; readonly longestWaitMs: number }) {
    this.#free = bytes;
    this.#longestWaitMs = longestWaitMs;
  }

  /** @returns `undefined` when there is room now, else whether there was in time. Who has entered has to {@link leave} */
  enter(bytes: number): Promise<boolean> | undefined {
    if (bytes === 0) return undefined;
    if (this.#waiting.size === 0 && bytes <= this.#free) {
      this.#free -= bytes;
      return undefined;
    }
    return new Promise((resolve) => {
      const waiting: Waiting = {
        bytes,
        enter: (entered) => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve(entered);
        },
      };
      const timer = setTimeout(() => {
        waiting.enter(false);
        // Smaller ones may have stood behind it.
        this.leave(0);
      }, this.#longestWaitMs).unref();
      this.#waiting.add(waiting);
    });
  }

  /** Gives room back. */
  leave(bytes: number): void {
    this.#free += bytes;
    for (const waiting of this.#waiting) {
      if (waiting.bytes > this.#free) return;
      this.#free -= waiting.bytes;
      waiting.enter(true);
    }
  }
}
