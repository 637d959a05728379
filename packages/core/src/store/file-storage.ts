import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { DamagedError, MAX_VALUE_BYTES } from './damaged-error.js';
import { keepAside } from './file-aside.js';
import { makeFolder, syncFolder } from './folder.js';
import { openFile } from './open-file.js';
import { codeOf } from './store-error.js';

const SUFFIX = '.json';
const MAX_NAME_CHARS = 180;

/** The end of the temporary files of fenced writes; what stands before it names the lease. */
const FENCED_SUFFIX = '.fenced';

/** A write that counts only while a lease is held. */
export interface WriteFence {
  /** The name of the lease. */
  readonly lease: string;
  /** Whether it is still held; asked when everything but the rename is done. */
  readonly holds: () => Promise<boolean>;
}

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

  /** @throws DamagedError for something that is no file, or too long to have been written by {@link set} */
  async get(key: string): Promise<string | undefined> {
    const file = this.fileOf(key);
    try {
      const { size } = await stat(file);
      if (size > MAX_VALUE_BYTES) throw new DamagedError(`it is ${size} bytes long, beyond ${MAX_VALUE_BYTES}`);
      return await readFile(file, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      if (codeOf(error) === 'EISDIR') throw new DamagedError('a folder stands in the place of its file');
      throw error;
    }
  }

  /** Keeps a copy of a file that is damaged; resolves its path. */
  setAside(key: string): Promise<string | undefined> {
    return keepAside(this.fileOf(key));
  }

  async set(key: string, value: string): Promise<boolean> {
    const file = this.fileOf(key);
    await makeFolder(dirname(file));
    try {
      await writeFileAtomic(file, value, { mode: 0o600 });
    } catch (error) {
      // A folder in the place of the file: it goes aside, for no rename can replace it.
      if (codeOf(error) !== 'EISDIR' || (await keepAside(file)) === undefined) throw error;
      await writeFileAtomic(file, value, { mode: 0o600 });
    }
    await syncFolder(dirname(file));
    return true;
  }

  /**
   * Replaces a value only while a lease is held; false when it was lost. A process that is frozen between the look at the lease and the
   * rename, and goes on when another holds it, finds its temporary file gone: the next holder removes it first
   * ({@link dropFenced}).
   */
  async setFenced(key: string, value: string, fence: WriteFence): Promise<boolean> {
    const file = this.fileOf(key);
    await makeFolder(dirname(file));
    const temporary = `${file}.${randomBytes(6).toString('hex')}.${fence.lease}${FENCED_SUFFIX}`;
    try {
      await writeSynced(temporary, value);
      if (!(await fence.holds())) return false;
      await replaceFile(temporary, file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
    await syncFolder(dirname(file));
    return true;
  }

  /** Removes what earlier holders of a lease have written and not renamed: the first thing that a new holder does. */
  async dropFenced(lease: string): Promise<void> {
    const names = await readdir(this.opts.folder).catch(() => []);
    const left = names.filter((name) => name.endsWith(`.${lease}${FENCED_SUFFIX}`));
    await Promise.all(left.map((name) => rm(join(this.opts.folder, name), { force: true })));
  }

  async delete(key: string): Promise<boolean> {
    const existed = await this.has(key);
    await rm(this.fileOf(key), { force: true, recursive: true });
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
    const short = name.length <= MAX_NAME_CHARS ? name : `${name.slice(0, MAX_NAME_CHARS - 65)}-${sha256(key)}`;
    return join(this.opts.folder, short + SUFFIX);
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using handle = await openFile(path, 'wx', 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

/** A folder in the place of the file goes aside, for no rename can replace it. */
async function replaceFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EISDIR' || (await keepAside(to)) === undefined) throw error;
    await rename(from, to);
  }
}

/** Lower case only: `A` and `a` are one file on many disks. */
function escaped(key: string): string {
  return key.replace(/[^a-z0-9_-]/gu, (char) => [...Buffer.from(char)].map((byte) => `%${byte.toString(16)}`).join(''));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
