import { createReadStream, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { gunzipped } from './gunzipped.js';

/** A line beyond this is no log's. */
const MAX_LINE_CHARS = 64 * 1024;

/**
 * The lines of a file, a batch for each chunk that is read; gunzipped where the name says so. What came before an error is handed on
 * before it is thrown.
 *
 * @param onProgress is told the share of the file's bytes that was read, 0 to 1
 */
export async function* readLines(file: string, onProgress: (share: number) => void): AsyncGenerator<string[]> {
  const { size } = statSync(file);
  const onRead = (bytes: number): void => onProgress(bytes / Math.max(1, size));
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of /\.gz$/i.test(file) ? gunzipped(file, onRead) : plain(file, onRead)) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS);
      yield lines;
    }
  } finally {
    if (rest !== '') yield [rest];
  }
}

async function* plain(file: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    onRead((read += chunk.length));
    yield chunk;
  }
}
