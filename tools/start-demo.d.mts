/** A demo that answers, with the sandbox beside it. */
export interface Demo {
  readonly url: string;
  /** Stops it as an operator would. @returns the exit code; `null` when a signal ended it */
  stop(): Promise<number | null>;
}

/**
 * Starts the demo in this folder by its script `start`, on a free port, and waits until it answers.
 *
 * @throws an `Error` with what it printed when it ends instead of starting
 */
export function startDemo(folder: string): Promise<Demo>;
