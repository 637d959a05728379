import type { DecisionDelta } from '../decisions/decision-delta.js';
import { DeltaBuilder } from '../decisions/decision-delta.js';
import type { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { untilOf } from '../decisions/row-source.js';
import { CrowdsecError, messageOf } from '../errors.js';
import type { DecisionLedger } from './decision-ledger.js';
import { StreamRows, type StreamRow } from './stream-row.js';
import { StreamScanner } from './stream-scanner.js';

/** A whole answer of the stream. */
export interface StreamAnswer {
  /** Deletions first, then new rows: what is in both is new. */
  readonly delta: DecisionDelta;
  /** How many rows `new` and `deleted` had, those that were left out included. */
  readonly newRows: number;
  readonly deletedRows: number;
}

export interface StreamAnswerOptions {
  /** When the answer began, in ms since the epoch: durations count from then. */
  readonly now: number;
  readonly yielder: EventLoopYielder;
  /** How large it may be, in bytes. */
  readonly maxBytes: number;
  /** Where rows are kept by their ids; absent with LAPI's deduplication. */
  readonly ledger?: DecisionLedger | undefined;
  /** It is a full answer: what the ledger held is over. */
  readonly isFull: boolean;
  /** Called for each MiB that has come. */
  readonly progress: () => void;
}

const MIB = 1024 * 1024;

/**
 * Reads an answer of the stream while it comes, in slices that leave the event loop free in between. Rows that are unusable are left out
 * and counted.
 *
 * @throws CrowdsecError `CROWDSEC_API_MALFORMED` for what is no whole answer; then nothing of it counts
 */
export async function readStreamAnswer(
  chunks: AsyncIterable<Uint8Array>,
  options: StreamAnswerOptions,
): Promise<StreamAnswer> {
  const { yielder, maxBytes, progress } = options;
  const collected = new CollectedRows(options);
  const scanner = new StreamScanner(collected);
  const decoder = new TextDecoder();
  let bytes = 0;
  for await (const chunk of chunks) {
    if (Math.floor((bytes + chunk.byteLength) / MIB) > Math.floor(bytes / MIB)) progress();
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw malformed(`has more than ${maxBytes} bytes`);
    for (let at = 0; at < chunk.byteLength; at += PIECE_BYTES) {
      scan(() => scanner.add(decoder.decode(chunk.subarray(at, at + PIECE_BYTES), { stream: true })));
      if (yielder.isSliceSpent()) await yielder.yieldToEventLoop();
    }
  }
  scan(() => {
    scanner.add(decoder.decode());
    scanner.end();
  });
  return collected.finish();
}

/** So much is read between two looks at the clock. */
const PIECE_BYTES = 32 * 1024;

function scan(read: () => void): void {
  try {
    read();
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw malformed(`is not what a stream of decisions has: ${messageOf(cause)}`, cause);
  }
}

function malformed(what: string, cause?: unknown): CrowdsecError {
  return new CrowdsecError('CROWDSEC_API_MALFORMED', `the answer of LAPI ${what}`, { cause });
}

/** Gathers what the rows of an answer come to. */
class CollectedRows {
  readonly #options: StreamAnswerOptions;
  readonly #delta = new DeltaBuilder();
  readonly #rows = new StreamRows();
  readonly #kept = { new: [] as StreamRow[], deleted: [] as StreamRow[] };
  readonly #counts = { new: 0, deleted: 0 };

  constructor(options: StreamAnswerOptions) {
    this.#options = options;
  }

  rows(list: 'new' | 'deleted', rows: readonly unknown[]): void {
    this.#counts[list] += rows.length;
    for (const each of rows) {
      const row = this.#rows.read(each, list);
      if (typeof row === 'string') this.#delta.skipped.add(row);
      else if (this.#options.ledger === undefined) this.#add(list, row);
      else if (row.id === undefined) this.#delta.skipped.add('malformed');
      else this.#kept[list].push(row);
    }
  }

  async finish(): Promise<StreamAnswer> {
    const { ledger, isFull, now, yielder } = this.#options;
    if (ledger !== undefined) {
      if (isFull) ledger.clear();
      const { new: added, deleted } = this.#kept;
      await ledger.apply({ added, deleted }, { delta: this.#delta, now, yielder });
    }
    return { delta: this.#delta.build(), newRows: this.#counts.new, deletedRows: this.#counts.deleted };
  }

  #add(list: 'new' | 'deleted', { kind, value, source, durationMs }: StreamRow): void {
    const id = this.#delta.sourceId(source);
    if (list === 'deleted') this.#delta.delete(kind, value, id);
    else this.#delta.add(kind, value, id, durationMs > 0 ? untilOf(this.#options.now + durationMs) : 0);
  }
}
