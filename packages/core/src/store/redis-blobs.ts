import {
  assemble,
  type BlobManifest,
  damagedManifest,
  manifestOf,
  PIECE_BYTES,
  pieceCount,
  piecesOf,
  readBlob,
  readManifest,
} from './blob-manifest.js';
import { DamagedError, parseStored } from './damaged-error.js';
import type { Deadline } from '../deadline.js';
import type { RedisConnection } from './redis-connection.js';
import { COMMIT_BLOB, DAMAGE_BLOB, PUT_PIECE } from './redis-scripts.js';
import type { DamagedBlob, VersionedBlob } from './store-engine.js';
import type { Blob } from './store.js';

/** How long, in ms, the pieces of a writer that died stay. Each is sent within a deadline of seconds. */
const UNCOMMITTED_MS = 10 * 60_000;
/** How long, in ms, readers that know only the manifest before can still read its pieces. */
const GRACE_MS = 30_000;

/** Who may replace a blob: the key of the lease and its holder. */
export interface RedisFence {
  readonly key: string;
  readonly holder: string;
}

/** Large values in Redis: raw bytes in pieces, under keys with the version in them, and a manifest that names the version. */
export class RedisBlobs {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  get(key: string, deadline: Deadline): Promise<VersionedBlob | undefined> {
    return readBlob(
      () => this.#manifest(key, deadline),
      (manifest) =>
        assemble(manifest, async (index) => {
          const piece = await this.#redis
            .bytes(pieceKey(key, manifest, index), PIECE_BYTES, deadline)
            .catch((error: unknown) => {
              throw error instanceof DamagedError ? new DamagedError(error.message, manifest) : error;
            });
          deadline.extend();
          return piece;
        }),
    );
  }

  async version(key: string, deadline: Deadline): Promise<string | undefined> {
    return (await this.#manifest(key, deadline))?.version;
  }

  async put(key: string, blob: Blob, fence: RedisFence | undefined, deadline: Deadline): Promise<boolean> {
    const manifest = manifestOf(blob);
    let index = 0;
    for (const piece of piecesOf(blob)) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      await this.#redis.run(PUT_PIECE, [pieceKey(key, manifest, index++)], [bytes, String(UNCOMMITTED_MS)], deadline);
      deadline.extend();
    }
    const numbers = [pieceCount(manifest), PIECE_BYTES, GRACE_MS].map(String);
    const args = [JSON.stringify(manifest), manifest.version, ...numbers];
    const [keys, holder] = fence === undefined ? [[key], []] : [[key, fence.key], [fence.holder]];
    return (await this.#redis.run(COMMIT_BLOB, keys, [...args, ...holder], deadline)) === 1;
  }

  async #manifest(key: string, deadline: Deadline): Promise<BlobManifest | undefined> {
    const text = await this.#redis.text(key, deadline);
    return readManifest(text === undefined ? undefined : parseStored(text));
  }

  /** Has readers find the damage of this version, if it is still the one that counts. Its pieces expire. */
  async setAside(key: string, blob: DamagedBlob, deadline: Deadline): Promise<void> {
    const args = [blob.version, JSON.stringify(damagedManifest(blob)), String(PIECE_BYTES), String(UNCOMMITTED_MS)];
    await this.#redis.run(DAMAGE_BLOB, [key], args, deadline);
  }
}

function pieceKey(key: string, { version }: BlobManifest, index: number): string {
  return `${key}:${version}:${index}`;
}
