import { CrowdsecError } from '../errors.js';
import type { Blob } from '../store/store.js';
import { DecisionTable, type Tables } from './decision-table.js';
import { FAMILIES, type Family, WORDS } from './row-set.js';
import type { RowSource } from './row-source.js';
import { NO_SOURCE } from './source-table.js';

/** What an index consists of. */
export interface IndexParts {
  readonly sources: readonly RowSource[];
  readonly tables: Tables;
}

/**
 * An index as bytes: the columns of its tables as they lie in memory, 16 bytes an IPv4 row and 28 an IPv6 row and up to
 * a fifth more for what finds them, and a small head. The chunks are views: nothing is copied.
 */
export function writeBlob({ sources, tables }: IndexParts): Blob {
  const columns = FAMILIES.map((family) => tables[family].columns);
  return {
    head: {
      format: FORMAT,
      byteOrder: BYTE_ORDER,
      lengths: columns.map((table) => table.map(({ length }) => length)),
      sources: sources.map(({ feed, origin, type, scenario, allow }) => ({ feed, origin, type, scenario, allow })),
    },
    chunks: columns
      .flat()
      .filter(({ length }) => length > 0)
      .map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  };
}

/**
 * The index that {@link writeBlob} wrote, laid over its bytes: a million rows are ready in no time. That the bytes are
 * the ones written, the store's checksum tells; here only their number is looked at.
 *
 * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE` for a foreign format, another byte order or damaged bytes
 */
export function readBlob(blob: Blob): IndexParts {
  const { head } = blob;
  if (!isHead(head)) throw damaged('its head is of another format, or of a machine with another byte order');
  const { lengths, sources } = head;
  const columns = new ColumnReader(blob.chunks);
  const tables: Partial<Record<Family, DecisionTable>> = {};
  for (const [i, family] of FAMILIES.entries()) {
    tables[family] = readTable(family, lengths[i]!, sources.length, columns);
  }
  if (columns.left !== 0) throw damaged(`it has ${columns.left} bytes too many`);
  return { sources, tables: tables as Tables };
}

/** Names the format of the bytes; the number grows with each that older versions can't read. */
export const FORMAT = 'crowdsec-decisions/2';
/** Of this machine: typed arrays are stored as they lie in memory. */
export const BYTE_ORDER = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 'LE' : 'BE';

interface Head {
  readonly format: typeof FORMAT;
  readonly byteOrder: typeof BYTE_ORDER;
  /** Of each column of each family's table. */
  readonly lengths: readonly Lengths[];
  readonly sources: readonly RowSource[];
}

type Lengths = readonly [number, number, number, number, number];

/** By hand: compiling a schema would take longer than all else does. */
function isHead(head: unknown): head is Head {
  if (typeof head !== 'object' || head === null) return false;
  const { format, byteOrder, lengths, sources } = head as Partial<Record<keyof Head, unknown>>;
  if (format !== FORMAT || byteOrder !== BYTE_ORDER) return false;
  const areLengths = Array.isArray(lengths) && lengths.length === FAMILIES.length && lengths.every(isLengths);
  return areLengths && Array.isArray(sources) && sources.length <= NO_SOURCE && sources.every(isSource);
}

function isLengths(lengths: unknown): lengths is Lengths {
  const isLength = (length: unknown): boolean => Number.isInteger(length) && Number(length) >= 0;
  return Array.isArray(lengths) && lengths.length === 5 && lengths.every(isLength);
}

function isSource(source: unknown): source is RowSource {
  if (typeof source !== 'object' || source === null) return false;
  const { feed, origin, type, scenario, allow } = source as Partial<Record<keyof RowSource, unknown>>;
  return [feed, origin, type, scenario].every((text) => typeof text === 'string') && typeof allow === 'boolean';
}

function readTable(family: Family, lengths: Lengths, sources: number, columns: ColumnReader): DecisionTable {
  const [data, blocks, ...stats] = lengths;
  const [counts, firstEnds, lastEnds] = stats;
  const isWhole = data % (WORDS[family] + 3) === 0 && isPowerOf2(blocks / 3 - 1);
  if (!isWhole || stats.some((count) => count !== sources)) throw damaged('its columns do not fit each other');
  const next = (count: number): Uint32Array => columns.next(count);
  return new DecisionTable(WORDS[family], [next(data), next(blocks), next(counts), next(firstEnds), next(lastEnds)]);
}

function isPowerOf2(number: number): boolean {
  return Number.isInteger(number) && number > 0 && (number & (number - 1)) === 0;
}

function damaged(why: string): CrowdsecError {
  return new CrowdsecError('CROWDSEC_STORE_UNAVAILABLE', `the stored decisions are unusable: ${why}`);
}

/** Cuts bytes into columns. One chunk, as the store gives it, is not copied. */
class ColumnReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(chunks: readonly Uint8Array[]) {
    const [first] = chunks;
    this.#bytes = chunks.length === 1 && first!.byteOffset % 4 === 0 ? first! : Uint8Array.from(Buffer.concat(chunks));
  }

  /** How many bytes have not been read. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  next(length: number): Uint32Array {
    if (this.left < 4 * length) throw damaged(`${4 * length - this.left} of its bytes are missing`);
    const column = new Uint32Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, length);
    this.#at += 4 * length;
    return column;
  }
}
