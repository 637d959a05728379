import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { DamagedError } from './damaged-error.js';
import type { DamagedBlob, VersionedBlob } from './store-engine.js';
import type { Blob, JsonValue } from './store.js';

/** What is known of a large value besides its bytes. Written last, it is what makes them readable. */
export interface BlobManifest {
  readonly format: 1;
  readonly version: string;
  readonly head: JsonValue;
  /** How long the value is, in bytes. */
  readonly length: number;
  /** CRC-32 of all bytes. */
  readonly checksum: number;
}

/** How much of a large value is moved at once, in bytes: small enough that other calls in the queue are not delayed for long. */
export const PIECE_BYTES = 1 << 20;

/** The largest value that is believed, in bytes: a manifest that names a larger one is damaged. */
export const MAX_BLOB_BYTES = 1 << 30;

/** Replaces the manifest of a damaged value: its head is still known, its bytes are not. */
export function damagedManifest({ head }: DamagedBlob): JsonValue {
  return { format: 1, damaged: true, head };
}

/** The manifest of a blob that is about to be written. */
export function manifestOf(blob: Blob): BlobManifest {
  return {
    format: 1,
    version: randomBytes(12).toString('hex'),
    head: blob.head,
    length: blob.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0),
    // Without the empty chunks: crc32 starts from 0 again when it is given a buffer without memory.
    checksum: blob.chunks.reduce((sum, chunk) => (chunk.byteLength === 0 ? sum : crc32(chunk, sum)), 0),
  };
}

/**
 * The manifest that was read, or undefined where there is none.
 *
 * @throws DamagedError when it is of another format or damaged
 */
export function readManifest(value: JsonValue | undefined): BlobManifest | undefined {
  if (value === undefined) return undefined;
  if (isManifest(value)) return value;
  const { format, length, head, damaged } = (typeof value === 'object' && value !== null ? value : {}) as Partial<
    Record<keyof BlobManifest | 'damaged', JsonValue>
  >;
  if (damaged === true && head !== undefined) throw new DamagedError('its bytes were found damaged before', { head });
  const isTooLong = typeof length === 'number' && length > MAX_BLOB_BYTES;
  const known = head === undefined ? {} : { head };
  if (typeof format === 'number' && format > 1)
    throw new DamagedError('it was written by a newer version of this package', { ...known, isNewer: true });
  if (isTooLong) throw new DamagedError(`its length of ${length} bytes is beyond ${MAX_BLOB_BYTES}`, known);
  throw new DamagedError('it was written by another version of this package, or is damaged');
}

function isManifest(value: unknown): value is BlobManifest {
  if (typeof value !== 'object' || value === null) return false;
  const { format, version, head, length, checksum } = value as Partial<Record<keyof BlobManifest, unknown>>;
  if (format !== 1 || typeof version !== 'string' || !/^[ab]?[0-9a-f]{24}$/.test(version)) return false;
  if (head === undefined || typeof checksum !== 'number' || typeof length !== 'number') return false;
  return Number.isSafeInteger(length) && length >= 0 && length <= MAX_BLOB_BYTES;
}

/** How many pieces a value of that length has. */
export function pieceCount({ length }: BlobManifest): number {
  return Math.ceil(length / PIECE_BYTES);
}

/** The bytes of a blob in pieces of {@link PIECE_BYTES}, the last one shorter. */
export function* piecesOf({ chunks }: Blob): Generator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let room = PIECE_BYTES;
  for (const chunk of chunks) {
    for (let from = 0; from < chunk.byteLength;) {
      const part = chunk.subarray(from, from + room);
      parts.push(part);
      from += part.byteLength;
      room -= part.byteLength;
      if (room > 0) continue;
      yield joined(parts);
      parts = [];
      room = PIECE_BYTES;
    }
  }
  if (parts.length > 0) yield joined(parts);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
}

/**
 * Puts a large value together again, checked by length and checksum.
 *
 * @param piece the piece at an index, wherever it is: reading it straight into `room`, its place, saves a copy;
 *   undefined when it is no longer there
 * @returns undefined when a piece was missing: a newer version has replaced this one
 * @throws DamagedError when the bytes are not the ones that were written
 */
export async function assemble(
  manifest: BlobManifest,
  piece: (index: number, room: Uint8Array) => Promise<Uint8Array | undefined>,
): Promise<VersionedBlob | undefined> {
  const { head, version } = manifest;
  const damaged = (message: string): DamagedError => new DamagedError(message, { head, version });
  const bytes = Buffer.allocUnsafeSlow(manifest.length);
  let checksum = 0;
  for (let index = 0; index < pieceCount(manifest); index++) {
    const room = bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES);
    const part = await piece(index, room);
    if (part === undefined) return undefined;
    if (part.byteLength !== room.byteLength) throw damaged('its length is not the one written');
    if (part.buffer !== room.buffer) room.set(part);
    checksum = crc32(room, checksum);
  }
  if (checksum !== manifest.checksum) throw damaged('its checksum is not the one written');
  return { head, version, chunks: [bytes] };
}

const ATTEMPTS = 5;

/** Reads a large value, again with the newest manifest when its version was replaced while it was being read. */
export async function readBlob(
  manifest: () => Promise<BlobManifest | undefined>,
  read: (manifest: BlobManifest) => Promise<VersionedBlob | undefined>,
): Promise<VersionedBlob | undefined> {
  let current: BlobManifest | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    current = await manifest();
    if (current === undefined) return undefined;
    const blob = await read(current);
    if (blob !== undefined) return blob;
  }
  throw new DamagedError('parts of it are missing', current);
}
