/** A call as it arrived, and what was answered. */
export interface ReceivedCall {
  /** In ms since the epoch. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** With the query. */
  readonly target: string;
  readonly userAgent: string;
  /** How many signals it carried. */
  readonly signals: number;
  /** How many of those tell of a decision; the others are whispers. */
  readonly decisions: number;
  /** `null` until it is answered, and if it never is. */
  readonly status: number | null;
}
