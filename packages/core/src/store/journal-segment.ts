import type { FileHandle } from 'node:fs/promises';
import type { Deadline } from '../deadline.js';
import { openFile } from './open-file.js';
import { codeOf } from './store-error.js';
import type { JsonValue } from './store.js';

/**
 * The format of the journal's files. Each line is a JSON object or array: a torn one, left by a crash or a full disk, is
 * never valid JSON, and is skipped. What is appended starts with a line break, so that it is separated from an incomplete line.
 *
 * - `<key>.open`: entries, appended by the one process that made the file
 * - `<key>.sealed`: the same file after it was closed for appending
 * - `<key>.<who>.acks`: where the entries start that one process acknowledged, `[0,212]`
 */
export const OPEN = '.open';
export const SEALED = '.sealed';
export const ACKS = '.acks';

/** What a line of a segment holds: one value that an entry has had. */
export interface EntryLine {
  readonly id: string;
  readonly value: JsonValue;
  /** How often the value had been replaced before: the highest one counts, in whatever order the files are read. */
  readonly generation?: number;
}

/** A line of a file with the place where it starts. */
export interface Line {
  readonly offset: number;
  readonly length: number;
  readonly value: unknown;
}

/** How much is read from a file at once, in bytes. */
export const READ_BYTES = 1 << 18;
/** A line longer than this, in bytes, holds no entry: it is passed over. */
const MAX_LINE_BYTES = 16 << 20;
const LINE_BREAK = 0x0a;

/** The lines as bytes to append; `starts` are the places of the lines within them. */
export function linesOf(values: readonly unknown[]): { bytes: Buffer; starts: readonly number[] } {
  const lines = values.map((value) => Buffer.from(`\n${JSON.stringify(value)}`));
  const starts: number[] = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at + 1);
    at += line.length;
  }
  return { bytes: Buffer.concat([...lines, Buffer.from('\n')]), starts };
}

/**
 * Reads the whole lines of a file from a place on, a piece at a time.
 *
 * @param damaged called for each line that cannot be read
 * @returns where to go on reading next time, or undefined when there is no such file
 */
export async function readLines(
  path: string,
  from: number,
  deadline: Deadline,
  take: (line: Line) => void,
  damaged: () => void = () => undefined,
): Promise<number | undefined> {
  const handle = await openIfThere(path);
  if (handle === undefined) return undefined;
  await using file = handle;
  let at = from;
  let size = READ_BYTES;
  for (;;) {
    deadline.signal.throwIfAborted();
    const buffer = Buffer.allocUnsafe(size);
    const { bytesRead } = await file.read(buffer, 0, size, at);
    deadline.extend();
    const end = buffer.subarray(0, bytesRead).lastIndexOf(LINE_BREAK) + 1;
    parse(buffer.subarray(0, end), at, take, damaged);
    at += end;
    if (bytesRead < size) return at;
    if (end === 0 && size >= MAX_LINE_BYTES) {
      damaged();
      at += size;
      size = READ_BYTES;
      continue;
    }
    // A line longer than the buffer: read it again with a larger one.
    size = end === 0 ? size * 2 : READ_BYTES;
  }
}

function parse(bytes: Buffer, base: number, take: (line: Line) => void, damaged: () => void): void {
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(LINE_BREAK, from);
    if (end > from) {
      const value = parsed(bytes.toString('utf8', from, end));
      if (value === undefined) damaged();
      else take({ offset: base + from, length: end - from, value });
    }
    from = end + 1;
  }
}

/** What a line holds, or undefined when it is no JSON. */
export function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

export function isEntry(line: unknown): line is EntryLine {
  if (typeof line !== 'object' || line === null) return false;
  const { id, value, generation = 0 } = line as Partial<Record<keyof EntryLine, unknown>>;
  return typeof id === 'string' && value !== undefined && value !== null && typeof generation === 'number';
}

export function isAcknowledgement(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((offset) => typeof offset === 'number');
}

/** Opens a file for reading; undefined when there is none. */
export async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    const file = await openFile(path, 'r');
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
