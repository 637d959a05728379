import { z } from 'zod';
import { CrowdsecError } from '../errors.js';
import type { Blob } from '../store/store.js';
import { Breather } from './breather.js';
import type { Tables } from './decision-index.js';
import { type DecisionTable, TableWriter } from './decision-table.js';
import { FAMILIES, type Family, WORDS } from './row-set.js';
import type { RowSource } from './row-source.js';
import { NO_SOURCE } from './source-table.js';

/** What an index consists of. */
export interface IndexParts {
  readonly sources: readonly RowSource[];
  readonly tables: Tables;
}

/**
 * An index as bytes: its own rows as they lie in memory, 16 bytes an IPv4 row and 28 an IPv6 row, and a small head. The
 * chunks are views: nothing is copied.
 */
export function writeBlob(index: IndexParts): Blob {
  const rows = Object.fromEntries(FAMILIES.map((family) => [family, index.tables[family].size]));
  const sources = index.sources.map(({ feed, origin, type, scenario, allow }) => ({
    feed,
    origin,
    type,
    scenario,
    allow,
  }));
  return {
    head: { format: FORMAT, byteOrder: BYTE_ORDER, rows, sources },
    chunks: FAMILIES.map((family) => index.tables[family].data)
      .filter(({ length }) => length > 0)
      .map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  };
}

/**
 * The index that {@link writeBlob} wrote, in slices that leave the event loop free. The bytes are checked as far as
 * a lookup must end and stay within bounds; that they are the ones written, the store's checksum tells.
 *
 * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE` for a foreign format, another byte order or damaged bytes
 */
export async function readBlob(blob: Blob): Promise<IndexParts> {
  const head = headSchema.safeParse(blob.head);
  if (!head.success) throw damaged('its head is of another format, or of a machine with another byte order');
  const { rows, sources } = head.data;
  const size = FAMILIES.reduce((sum, family) => sum + rows[family] * 4 * (WORDS[family] + 3), 0);
  const found = blob.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  if (size !== found) throw damaged(`it has ${found} bytes instead of ${size}`);
  const reader = new ChunkReader(blob.chunks);
  const breather = new Breather();
  const tables: Partial<Record<Family, DecisionTable>> = {};
  for (const family of FAMILIES) {
    tables[family] = await readTable(reader, WORDS[family], rows[family], sources.length, breather);
  }
  return { sources, tables: tables as Tables };
}

const FORMAT = 'crowdsec-decisions/1';
const BYTE_ORDER = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 'LE' : 'BE';

const rowCount = z
  .number()
  .int()
  .min(0)
  .max(2 ** 28);
const headSchema = z.object({
  format: z.literal(FORMAT),
  byteOrder: z.literal(BYTE_ORDER),
  rows: z.object({ v4: rowCount, v6: rowCount, country: rowCount, as: rowCount }),
  sources: z
    .array(
      z.object({ feed: z.string(), origin: z.string(), type: z.string(), scenario: z.string(), allow: z.boolean() }),
    )
    .max(NO_SOURCE),
});

async function readTable(
  reader: ChunkReader,
  words: 1 | 4,
  rows: number,
  sources: number,
  breather: Breather,
): Promise<DecisionTable> {
  const writer = new TableWriter(words, { capacity: rows, sources });
  reader.fill(new Uint8Array(writer.data.buffer));
  while (writer.size < rows) {
    if (!writer.adopt(Math.min(rows, writer.size + 4096))) throw damaged('its rows are out of order');
    if (breather.tired()) await breather.rest();
  }
  return writer.finish();
}

function damaged(why: string): CrowdsecError {
  return new CrowdsecError('CROWDSEC_STORE_UNAVAILABLE', `the stored decisions are unusable: ${why}`);
}

/** Reads bytes across the borders of chunks. */
class ChunkReader {
  readonly #chunks: readonly Uint8Array[];
  #chunk = 0;
  #at = 0;

  constructor(chunks: readonly Uint8Array[]) {
    this.#chunks = chunks;
  }

  fill(target: Uint8Array): void {
    let filled = 0;
    while (filled < target.length) {
      const chunk = this.#chunks[this.#chunk]!;
      const part = chunk.subarray(this.#at, this.#at + target.length - filled);
      target.set(part, filled);
      filled += part.length;
      this.#at += part.length;
      if (this.#at === chunk.length) {
        this.#chunk++;
        this.#at = 0;
      }
    }
  }
}
