import type { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import type { ListParser } from '../decisions/list-parser.js';
import type { ListLimits } from './list-limits.js';

export interface ListReading {
  readonly parser: ListParser;
  readonly limits: Pick<ListLimits, 'maxBytes' | 'maxEntries'>;
  readonly yielder: EventLoopYielder;
}

/** The bytes of a list as they come. Texts are as good, they are read as UTF-8. */
export type ListChunks = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

/**
 * Reads the text of one list into its parser, piece by piece and within its limits, and leaves the event loop free in
 * between. When it rejects, the caller discards what was parsed.
 */
export async function readList(chunks: ListChunks, { parser, limits, yielder }: ListReading): Promise<void> {
  let total = 0;
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    total += bytes.byteLength;
    if (total > limits.maxBytes) throw new Error(`longer than ${limits.maxBytes} bytes`);
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      // Latin-1: values are ASCII, and bytes that are not stay single characters, wherever a piece is cut.
      parser.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1'));
      if (parser.entries > limits.maxEntries) throw new Error(`more than ${limits.maxEntries} entries`);
      if (yielder.isSliceSpent()) await yielder.yieldToEventLoop();
    }
  }
  parser.finish();
}

/** So little is parsed between two looks at the clock: well under a ms, but for a process that just started. */
const PIECE_BYTES = 4 * 1024;
