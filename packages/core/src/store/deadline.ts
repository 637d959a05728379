/** The time that a call to the store may take. */
export interface Deadline {
  /** Aborted when the time is up: nothing may be written after that, for the caller has been told that it failed. */
  readonly signal: AbortSignal;
  /** Starts the time anew: a large value is moved in pieces, and each piece may take as long as a small value. */
  extend(): void;
}

/**
 * Runs `run`, and rejects with what `late` makes when it has not settled within `ms`. What it still does then is left to
 * itself; its outcome is ignored.
 */
export async function withinDeadline<T>(
  ms: number,
  late: () => Error,
  run: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      timer = setTimeout(() => {
        const error = late();
        reject(error);
        abort.abort(error);
      }, ms);
      run({ signal: abort.signal, extend: () => timer?.refresh() }).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    timer = undefined;
  }
}
