import { constants } from 'node:fs';
import { copyFile, link, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from './store-error.js';

const MARK = '.damaged-';
/** Of each file, so many damaged copies are kept: the newest. */
const MAX_KEPT = 5;

/**
 * Keeps what stands in a file as `<file>.damaged-<time>`, with the time when it was last changed, so that all processes that
 * find the same damage keep one copy. The file itself stays, for readers must go on to find that it is damaged; a folder
 * in its place gives way to an empty file.
 *
 * @returns the path of the copy, or undefined when none could be made
 */
export async function keepAside(file: string): Promise<string | undefined> {
  try {
    const found = await stat(file);
    const copy = `${file}${MARK}${found.mtime.toISOString().replaceAll(':', '-')}`;
    if (found.isDirectory()) {
      await rename(file, copy);
      await writeFile(file, '', { flag: 'wx', mode: 0o600 });
    } else {
      await keepCopy(file, copy);
    }
    await keepNewest(file);
    return copy;
  } catch {
    return undefined;
  }
}

async function keepCopy(file: string, copy: string): Promise<void> {
  try {
    await link(file, copy).catch(async (error: unknown) => {
      if (codeOf(error) === 'EEXIST') throw error;
      // Not every file system has links.
      await copyFile(file, copy, constants.COPYFILE_EXCL);
    });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

async function keepNewest(file: string): Promise<void> {
  const folder = dirname(file);
  const copies = (await readdir(folder)).filter((name) => name.startsWith(basename(file) + MARK)).sort();
  for (const name of copies.slice(0, -MAX_KEPT)) await rm(join(folder, name), { force: true, recursive: true });
}
