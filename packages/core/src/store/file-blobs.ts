import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  assemble,
  type BlobManifest,
  damagedManifest,
  manifestOf,
  PIECE_BYTES,
  piecesOf,
  readBlob,
  readManifest,
} from './blob-manifest.js';
import type { Deadline } from '../deadline.js';
import { DamagedError, parseStored } from './damaged-error.js';
import { keepAside } from './file-aside.js';
import type { FileStorage, WriteFence } from './file-storage.js';
import { makeFolder } from './folder.js';
import { openFile } from './open-file.js';
import { codeOf } from './store-error.js';
import type { DamagedBlob, VersionedBlob } from './store-engine.js';
import type { Blob } from './store.js';

/** Bytes without a manifest that are older than this, in ms, belong to a writer that died. */
const ABANDONED_MS = 10 * 60_000;

/** Large values as files: the bytes of each version in one of their own, and a manifest that says which version counts. */
export class FileBlobs {
  readonly #folder: string;
  readonly #manifests: FileStorage;

  /** @param manifests in the same folder as the bytes */
  constructor(manifests: FileStorage) {
    this.#folder = manifests.opts.folder;
    this.#manifests = manifests;
  }

  get(key: string, deadline: Deadline): Promise<VersionedBlob | undefined> {
    return readBlob(
      () => this.#manifest(key),
      (manifest) => this.#read(key, manifest, deadline),
    );
  }

  async version(key: string): Promise<string | undefined> {
    return (await this.#manifest(key))?.version;
  }

  /** @param commit runs the replacement of the manifest, under a fence or without one, or says that it may not happen */
  async put(
    key: string,
    blob: Blob,
    deadline: Deadline,
    commit: (replace: (fence?: WriteFence) => Promise<boolean>) => Promise<boolean>,
  ): Promise<boolean> {
    const manifest = manifestOf(blob);
    const file = this.#fileOf(key, manifest.version);
    let previous: string | undefined;
    let committed = false;
    try {
      await this.#write(file, blob, deadline);
      committed = await commit(async (fence) => {
        previous = await this.version(key).catch(() => undefined);
        deadline.signal.throwIfAborted();
        const text = JSON.stringify(manifest);
        return fence === undefined ? this.#manifests.set(key, text) : this.#manifests.setFenced(key, text, fence);
      });
    } finally {
      if (!committed) await rm(file, { force: true });
    }
    if (committed) await this.#removeOthers(key, manifest.version, previous);
    return committed;
  }

  async delete(key: string): Promise<void> {
    const previous = await this.version(key).catch(() => undefined);
    if (await this.#manifests.delete(key)) await this.#removeOthers(key, undefined, previous);
  }

  /** Keeps the manifest and the bytes, and has readers find the damage until the value is written again. */
  async setAside(key: string, blob: DamagedBlob | undefined): Promise<string | undefined> {
    const copy = await this.#manifests.setAside(key);
    if (blob === undefined || (await this.version(key).catch(() => undefined)) !== blob.version) return copy;
    const bytes = this.#fileOf(key, blob.version);
    const keptBytes = await keepAside(bytes);
    await this.#manifests.set(key, JSON.stringify(damagedManifest(blob)));
    await rm(bytes, { force: true, recursive: true });
    return keptBytes ?? copy;
  }

  async #manifest(key: string): Promise<BlobManifest | undefined> {
    const text = await this.#manifests.get(key);
    return readManifest(text === undefined ? undefined : parseStored(text));
  }

  async #write(file: string, blob: Blob, deadline: Deadline): Promise<void> {
    await makeFolder(this.#folder);
    await using handle = await openFile(file, 'wx', 0o600);
    for (const piece of piecesOf(blob)) {
      deadline.signal.throwIfAborted();
      await handle.writeFile(piece);
      deadline.extend();
    }
    await handle.sync();
    deadline.extend();
  }

  async #read(key: string, manifest: BlobManifest, deadline: Deadline): Promise<VersionedBlob | undefined> {
    try {
      await using handle = await openFile(this.#fileOf(key, manifest.version), 'r');
      const found = await handle.stat();
      // Before memory is allocated for it.
      if (!found.isFile() || found.size !== manifest.length)
        throw new DamagedError('its length is not the one written', manifest);
      return await assemble(manifest, async (index, room) => {
        deadline.signal.throwIfAborted();
        const { bytesRead } = await handle.read(room, 0, room.length, index * PIECE_BYTES);
        deadline.extend();
        return room.subarray(0, bytesRead);
      });
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Readers of the version before find its file gone, and look at the manifest again. */
  async #removeOthers(key: string, current: string | undefined, previous: string | undefined): Promise<void> {
    const [start = '', end = ''] = basename(this.#fileOf(key, '*')).split('*');
    for (const name of await readdir(this.#folder)) {
      if (!name.startsWith(start) || !name.endsWith(end)) continue;
      const version = name.slice(start.length, -end.length);
      const file = join(this.#folder, name);
      if (version === current) continue;
      if (version === previous || (await isAbandoned(file))) await rm(file, { force: true });
    }
  }

  #fileOf(key: string, version: string): string {
    return this.#manifests.fileOf(key).replace(/json$/, `${version}.bin`);
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs < Date.now() - ABANDONED_MS,
    () => false,
  );
}
