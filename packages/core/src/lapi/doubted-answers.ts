import type { Clock } from '../clock.js';
import type { LayeredIndex } from '../decisions/layered-index.js';
import { FAMILIES } from '../decisions/row-set.js';
import type { StreamAnswer } from './stream-answer.js';

/** An answer that is doubted is believed when so many in a row, over at least so long (in ms), lack as much. */
const BELIEVED_AFTER = 3;
const BELIEVED_AFTER_MS = 120_000;
/** An answer with less than this share of what is held is doubted. */
const SHARE = 0.5;
/** From so many held decisions on, one with less than this share: an engine reads some ten thousands at a time, and may fail at the last. */
const MANY = 1_000;
const SHARE_OF_MANY = 0.9;

/**
 * Doubts full answers that lack what is held. An engine whose database fails while it answers sends a shorter answer as if it were whole,
 * with status 200; an empty one after a full one is no proof that nothing is decided any more.
 */
export class DoubtedAnswers {
  readonly #clock: Clock;
  #count = 0;
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether an answer lacks so much of what is held that it has to be looked at. */
  lacksMuch({ delta }: StreamAnswer, held: LayeredIndex): boolean {
    const live = liveRows(held, this.#clock.now());
    return delta.added < live * (live >= MANY ? SHARE_OF_MANY : SHARE);
  }

  /**
   * Whether to believe an answer that lacks much.
   *
   * @param held what is held once its deletions were applied, and its new rows added
   */
  believes({ delta }: StreamAnswer, held: LayeredIndex): boolean {
    // What was missing had been deleted, and the answer says so.
    if (liveRows(held, this.#clock.now()) <= delta.added) return this.#believed();
    const now = this.#clock.monotonic();
    if (this.#count++ === 0) this.#since = now;
    const isProven = this.#count >= BELIEVED_AFTER && now - this.#since >= BELIEVED_AFTER_MS;
    return isProven && this.#believed();
  }

  /** A full answer lacked nothing. */
  reset(): void {
    this.#count = 0;
  }

  #believed(): true {
    this.#count = 0;
    return true;
  }
}

/** How many rows are not over. */
function liveRows({ base, overlay }: LayeredIndex, now: number): number {
  let live = 0;
  for (const { tables } of [base, overlay]) {
    for (const family of FAMILIES) {
      const table = tables[family];
      for (let row = 0; row < table.size; row++) if (table.untilOf(row) * 1000 > now) live++;
    }
  }
  return live;
}
