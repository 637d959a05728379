import { createReadStream, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** A line beyond this is no log's. */
const LONGEST_LINE = 64 * 1024;

/**
 * The lines of a file, a batch for each piece that is read; gunzipped where the name says so.
 *
 * @param {string} file
 * @param {(share: number) => void} onProgress is told the share of the file's bytes that was read, 0 to 1
 * @returns {AsyncGenerator<string[]>}
 */
export async function* readLines(file, onProgress) {
  const { size } = statSync(file);
  const raw = createReadStream(file, { highWaterMark: 1 << 18 });
  let read = 0;
  raw.on('data', (chunk) => onProgress((read += chunk.length) / Math.max(1, size)));
  const text = /\.gz$/i.test(file) ? raw.pipe(createGunzip()) : raw;
  // What fails to be read fails whoever reads the text.
  if (text !== raw) raw.once('error', (error) => text.destroy(error));
  text.setEncoding('utf8');
  let rest = '';
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop().slice(0, LONGEST_LINE);
    yield lines;
  }
  if (rest !== '') yield [rest];
}
