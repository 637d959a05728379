import { readFile } from 'node:fs/promises';
import { usageError } from './failure.js';

/** The bytes of a file that somebody named. @throws CommandError of a usage that names what is wrong with it */
export async function readGiven(file: string): Promise<Buffer> {
  return readFile(file).catch((error: unknown) => {
    const code = codeOf(error);
    throw usageError(code === 'ENOENT' ? `There is no file ${file}.` : `${file} can't be read (${code}).`);
  });
}

/** The code of an error of the system, for people. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
