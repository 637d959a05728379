import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

const PIECE = 64 * 1024;

/**
 * What is packed in a file, piece by piece, up to where it is damaged; only then the error is thrown.
 *
 * @param {string} file
 * @param {(bytes: number) => void} onRead is told how many of the file's bytes were read
 * @returns {AsyncGenerator<Buffer>}
 */
export async function* gunzipped(file, onRead) {
  let read = 0;
  let length = 0;
  const pieces = async function* () {
    for await (const piece of createReadStream(file, { highWaterMark: PIECE })) {
      onRead((read += piece.length));
      yield piece;
    }
  };
  try {
    for await (const text of unpacked(pieces())) {
      length += text.length;
      yield text;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'Z_DATA_ERROR')
      yield* lost(file, Math.max(0, Math.ceil(read / PIECE) - 1) * PIECE, length);
    throw error;
  }
}

/**
 * What zlib had made of the piece in which it failed, and kept to itself. The file is gone over again, that piece byte by byte.
 *
 * @param {string} file
 * @param {number} from where that piece begins
 * @param {number} known how many bytes of text are known already
 * @returns {AsyncGenerator<Buffer>}
 */
async function* lost(file, from, known) {
  const pieces = async function* () {
    if (from > 0) yield* createReadStream(file, { highWaterMark: PIECE, end: from - 1 });
    for await (const piece of createReadStream(file, { highWaterMark: PIECE, start: from, end: from + PIECE - 1 })) {
      for (let i = 0; i < piece.length; i++) yield piece.subarray(i, i + 1);
    }
  };
  let length = 0;
  try {
    for await (const text of unpacked(pieces())) {
      const fresh = text.subarray(Math.max(0, known - length));
      length += text.length;
      if (fresh.length > 0) yield fresh;
    }
  } catch {
    // The error is known: it is why this is gone over again.
  }
}

/**
 * All that comes of a piece is handed on before the next one is taken.
 *
 * @param {AsyncIterable<Buffer>} pieces
 * @returns {AsyncGenerator<Buffer>}
 */
async function* unpacked(pieces) {
  const gunzip = createGunzip();
  /** @type {Buffer[]} */
  const made = [];
  gunzip.on('data', (text) => made.push(text));
  let isOver = false;
  const over = new Promise((resolve, reject) => gunzip.once('end', resolve).once('error', reject)).finally(
    () => (isOver = true),
  );
  over.catch(() => {});
  for await (const piece of pieces) {
    await Promise.race([over, new Promise((resolve) => gunzip.write(piece, resolve))]);
    yield* made.splice(0);
    // Zeros after the end are padding, and no error.
    if (isOver) break;
  }
  gunzip.end();
  await over;
  yield* made.splice(0);
}
