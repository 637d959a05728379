/** Which part that the application gave broke its contract. */
export type FaultCode = 'LOGGER_FAILED' | 'CLOCK_FAILED' | 'SCHEDULER_FAILED';

export interface Fault {
  readonly code: FaultCode;
  /** What it did, and what the agent does instead. */
  readonly message: string;
}

/** What went wrong with the logger, the clock and the scheduler that the application gave: the first fault of each, said once. */
export class Faults {
  readonly #faults = new Map<FaultCode, Fault>();
  readonly #log: (message: string) => void;

  /** @param say logs a line; it never throws */
  constructor(say: (message: string) => void) {
    this.#log = say;
  }

  get all(): readonly Fault[] {
    return [...this.#faults.values()];
  }

  note(code: FaultCode, message: string): void {
    if (this.#faults.has(code)) return;
    this.#faults.set(code, { code, message });
    this.#log(message);
  }
}
