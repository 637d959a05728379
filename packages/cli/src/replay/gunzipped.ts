import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

const CHUNK_BYTES = 64 * 1024;

/**
 * What is packed in a file, chunk by chunk, up to where it is damaged; only then the error is thrown.
 *
 * @param onRead is told how many of the file's bytes were read
 */
export async function* gunzipped(file: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  let read = 0;
  let length = 0;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
      onRead((read += chunk.length));
      yield chunk;
    }
  };
  try {
    for await (const text of unpacked(chunks())) {
      length += text.length;
      yield text;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'Z_DATA_ERROR')
      yield* recovered(file, Math.max(0, Math.ceil(read / CHUNK_BYTES) - 1) * CHUNK_BYTES, length);
    throw error;
  }
}

/**
 * What zlib had made of the chunk in which it failed, and kept to itself. The file is gone over again, that chunk byte by byte.
 *
 * @param from where that chunk begins
 * @param known how many bytes of text are known already
 */
async function* recovered(file: string, from: number, known: number): AsyncGenerator<Buffer> {
  const chunks = async function* (): AsyncGenerator<Buffer> {
    if (from > 0) yield* createReadStream(file, { highWaterMark: CHUNK_BYTES, end: from - 1 }) as AsyncIterable<Buffer>;
    const damaged = createReadStream(file, { highWaterMark: CHUNK_BYTES, start: from, end: from + CHUNK_BYTES - 1 });
    for await (const chunk of damaged as AsyncIterable<Buffer>) {
      for (let i = 0; i < chunk.length; i++) yield chunk.subarray(i, i + 1);
    }
  };
  let length = 0;
  try {
    for await (const text of unpacked(chunks())) {
      const fresh = text.subarray(Math.max(0, known - length));
      length += text.length;
      if (fresh.length > 0) yield fresh;
    }
  } catch {
    // The error is known: it is why this is gone over again.
  }
}

/** All that comes of a chunk is handed on before the next one is taken. */
async function* unpacked(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const made: Buffer[] = [];
  gunzip.on('data', (text: Buffer) => made.push(text));
  const state = { isOver: false };
  const over = new Promise((resolve, reject) => gunzip.once('end', resolve).once('error', reject)).finally(
    () => (state.isOver = true),
  );
  over.catch(() => undefined);
  for await (const chunk of chunks) {
    await Promise.race([over, new Promise((resolve) => gunzip.write(chunk, resolve))]);
    yield* made.splice(0);
    // Zeros after the end are padding, and no error.
    if (state.isOver) break;
  }
  gunzip.end();
  await over;
  yield* made.splice(0);
}
