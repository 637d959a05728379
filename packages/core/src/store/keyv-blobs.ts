import {
  assemble,
  type BlobManifest,
  damagedManifest,
  manifestOf,
  pieceCount,
  piecesOf,
  readBlob,
  readManifest,
} from './blob-manifest.js';
import type { Deadline } from '../deadline.js';
import type { KeyvValues } from './keyv-values.js';
import type { DamagedBlob, VersionedBlob } from './store-engine.js';
import type { Blob } from './store.js';

/**
 * Large values as base64 pieces in a Keyv. They take turns in two slots: a Keyv cannot say what it holds, so this is
 * what keeps the pieces of a writer that died from staying for ever.
 */
export class KeyvBlobs {
  readonly #values: KeyvValues;

  constructor(values: KeyvValues) {
    this.#values = values;
  }

  get(key: string, deadline: Deadline): Promise<VersionedBlob | undefined> {
    return readBlob(
      () => this.#manifest(key),
      (manifest) =>
        assemble(manifest, async (index) => {
          const piece = await this.#values.get(pieceKey(key, slotOf(manifest), index));
          deadline.extend();
          return typeof piece === 'string' ? Buffer.from(piece, 'base64') : undefined;
        }),
    );
  }

  async version(key: string): Promise<string | undefined> {
    return (await this.#manifest(key))?.version;
  }

  /** @param mayReplace asked when the pieces are there and only the manifest is missing */
  async put(key: string, blob: Blob, deadline: Deadline, mayReplace: () => boolean): Promise<boolean> {
    const old = await this.#manifest(key).catch(() => undefined);
    const slot = old === undefined || slotOf(old) === 'b' ? 'a' : 'b';
    const manifest = manifestOf(blob);
    let index = 0;
    for (const piece of piecesOf(blob)) {
      deadline.signal.throwIfAborted();
      await this.#values.put(pieceKey(key, slot, index++), Buffer.from(piece).toString('base64'));
      deadline.extend();
    }
    deadline.signal.throwIfAborted();
    if (!mayReplace()) return false;
    await this.#values.put(key, { ...manifest, version: `${slot}${manifest.version}` });
    if (old !== undefined) await this.#removePieces(key, old, deadline);
    return true;
  }

  /** Removes what is under the key, a blob or a value. */
  async delete(key: string, deadline: Deadline): Promise<void> {
    const old = await this.#manifest(key).catch(() => undefined);
    await this.#values.delete(key);
    if (old !== undefined) await this.#removePieces(key, old, deadline);
  }

  /** Has readers find the damage of this version, if it is still the one that counts. */
  async setAside(key: string, blob: DamagedBlob): Promise<void> {
    const current = await this.#manifest(key).catch(() => undefined);
    if (current?.version === blob.version) await this.#values.put(key, damagedManifest(blob));
  }

  async #removePieces(key: string, manifest: BlobManifest, deadline: Deadline): Promise<void> {
    for (let index = 0; index < pieceCount(manifest); index++) {
      await this.#values.delete(pieceKey(key, slotOf(manifest), index));
      deadline.extend();
    }
  }

  async #manifest(key: string): Promise<BlobManifest | undefined> {
    return readManifest(await this.#values.get(key));
  }
}

function slotOf({ version }: BlobManifest): 'a' | 'b' {
  return version.startsWith('b') ? 'b' : 'a';
}

function pieceKey(key: string, slot: 'a' | 'b', index: number): string {
  return `${key}.${slot}.${index}`;
}
