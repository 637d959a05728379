/** A figure that a benchmark prints. */
export interface Row {
  /** The benchmark's name. */
  readonly bench: string;
  readonly case: string;
  /** The size of what is measured on. */
  readonly n: number;
  readonly value: number;
  readonly unit: string;
  /** What the value is compared with, measured beside it in the same run. */
  readonly floor: number;
  /** The value by the floor. */
  readonly ratio: number;
  /** Half of all rounds lie within this share of the median. */
  readonly spread: number;
}

/** One round's measurement. */
export interface Round {
  readonly value: number;
  readonly floor: number;
}

/** A random whole number from 0 to below the given one. */
export type Random = (below: number) => number;
