import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import type { RequestBody } from '../bouncer/request-body.js';

type Unpack = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const inflated: Unpack = promisify(inflate);
const inflatedRaw: Unpack = promisify(inflateRaw);
const gunzipped: Unpack = promisify(gunzip);

/** By the names that `Content-Encoding` has for them. Some clients take `deflate` by its word and leave the zlib header out. */
const UNPACK: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ['gzip', gunzipped],
  ['x-gzip', gunzipped],
  ['br', promisify(brotliDecompress)],
  [
    'deflate',
    (bytes, options) =>
      inflated(bytes, options).catch((error: unknown) =>
        isTooLarge(error) ? Promise.reject(error as Error) : inflatedRaw(bytes, options),
      ),
  ],
]);

/** More layers than that are nobody's honest request. */
const MOST_LAYERS = 3;

/**
 * A body as AppSec can look at it. It does not unpack anything itself.
 *
 * | kind | |
 * |---|---|
 * | `plain` | as the application sees it, be it unpacked or never packed |
 * | `packed` | as it was received: the encoding is unknown, or the bytes are broken. AppSec sees nothing in it |
 * | `large` | unpacked it is larger than what may be shown |
 */
export type ShownBody =
  | { readonly kind: 'plain' | 'packed'; readonly bytes: Uint8Array; readonly unpacked: boolean }
  | { readonly kind: 'large' };

/**
 * Undoes the `Content-Encoding` of a body. However much a small body would unpack to, no more than `maxBytes` are ever held.
 *
 * @param encoding the header, as it was received
 */
export async function unpackBody(
  { bytes, maybeUnpacked }: Extract<RequestBody, { kind: 'whole' }>,
  encoding: string | undefined,
  maxBytes: number,
): Promise<ShownBody> {
  const layers = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((layer) => layer.trim())
    .filter((layer) => layer !== '' && layer !== 'identity');
  if (layers.length === 0) return { kind: 'plain', bytes, unpacked: encoding !== undefined };
  if (layers.length > MOST_LAYERS) return { kind: 'packed', bytes, unpacked: false };
  let unpacked = bytes;
  try {
    for (const layer of layers.reverse()) {
      const unpack = UNPACK.get(layer);
      if (unpack === undefined) return { kind: 'packed', bytes, unpacked: false };
      // zlib refuses a limit of nothing.
      unpacked = await unpack(unpacked, { maxOutputLength: Math.max(1, maxBytes) });
    }
  } catch (error) {
    if (isTooLarge(error)) return { kind: 'large' };
    return maybeUnpacked ? { kind: 'plain', bytes, unpacked: true } : { kind: 'packed', bytes, unpacked: false };
  }
  return { kind: 'plain', bytes: unpacked, unpacked: true };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
