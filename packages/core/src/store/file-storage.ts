import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { makeFolder, syncFolder } from './folder.js';
import { codeOf } from './store-error.js';

const SUFFIX = '.json';
const LONGEST_NAME = 180;

/**
 * A storage adapter for Keyv that keeps each value in a file of its own: `new Keyv({ store: new FileStorage(folder) })`.
 * Files are 0600 in a 0700 folder and replaced atomically: after a crash a value is the old or the new one, whole. Unlike
 * what Keyv makes of many adapters, a file that cannot be read is an error, never a missing value.
 */
export class FileStorage {
  readonly opts: { readonly folder: string };
  /** Set by Keyv; `clear` keeps to it. */
  namespace: string | undefined;

  constructor(folder: string) {
    this.opts = { folder };
  }

  async get(key: string): Promise<string | undefined> {
    try {
      return await readFile(this.fileOf(key), 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async set(key: string, value: string): Promise<boolean> {
    const file = this.fileOf(key);
    await makeFolder(dirname(file));
    await writeFileAtomic(file, value, { mode: 0o600 });
    await syncFolder(dirname(file));
    return true;
  }

  async delete(key: string): Promise<boolean> {
    const existed = await this.has(key);
    await rm(this.fileOf(key), { force: true });
    return existed;
  }

  async has(key: string): Promise<boolean> {
    return stat(this.fileOf(key)).then(
      () => true,
      () => false,
    );
  }

  async clear(): Promise<void> {
    const prefix = this.namespace === undefined ? '' : escaped(`${this.namespace}:`);
    const names = await readdir(this.opts.folder).catch(() => []);
    const ours = names.filter((name) => name.startsWith(prefix) && name.endsWith(SUFFIX));
    await Promise.all(ours.map((name) => rm(join(this.opts.folder, name), { force: true })));
  }

  /** The file of a key. */
  fileOf(key: string): string {
    const name = escaped(key);
    const short = name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 65)}-${sha256(key)}`;
    return join(this.opts.folder, short + SUFFIX);
  }
}

/** Lower case only: `A` and `a` are one file on many disks. */
function escaped(key: string): string {
  return key.replace(/[^a-z0-9_-]/gu, (char) => [...Buffer.from(char)].map((byte) => `%${byte.toString(16)}`).join(''));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
