/** Where the sandbox reads the time: `Date`, or the clock that a test moves. */
export interface TimeSource {
  /** Wall time, in ms since the epoch. */
  now(): number;
}

/** The sandbox's own clock: follows its source, and can be moved. Token lives, bans and dates go by it. */
export class SandboxClock implements TimeSource {
  readonly #source: TimeSource;
  #offsetMs = 0;

  constructor(source: TimeSource) {
    this.#source = source;
  }

  now(): number {
    return this.#source.now() + this.#offsetMs;
  }

  /** Moves the clock by so many ms, back if negative. It keeps ticking from there. */
  advance(ms: number): void {
    this.#offsetMs += ms;
  }

  /** Moves the clock to a moment, in ms since the epoch. It keeps ticking from there. */
  set(atMs: number): void {
    this.#offsetMs = atMs - this.#source.now();
  }
}
