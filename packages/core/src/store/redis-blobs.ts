import {
  assemble,
  type BlobManifest,
  manifestOf,
  PIECE_BYTES,
  pieceCount,
  piecesOf,
  readBlob,
  readManifest,
} from './blob-manifest.js';
import type { Deadline } from '../deadline.js';
import type { RedisConnection } from './redis-connection.js';
import { COMMIT_BLOB, PUT_PIECE } from './redis-scripts.js';
import type { Blob, JsonValue } from './store.js';

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

  get(key: string, deadline: Deadline): Promise<Blob | undefined> {
    return readBlob(
      () => this.#manifest(key, deadline),
      (manifest) =>
        assemble(manifest, async (index) => {
          const piece = await this.#redis.bytes(pieceKey(key, manifest, index), deadline);
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
    return readManifest(text === undefined ? undefined : (JSON.parse(text) as JsonValue));
  }
}

function pieceKey(key: string, { version }: BlobManifest, index: number): string {
  return `${key}:${version}:${index}`;
}
