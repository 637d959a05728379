import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';
import type { RequestBody } from '../bouncer/request-body.js';

/** What zlib made of the bytes, and how many of them it has read. */
interface Unpacked {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

type Unpack = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Unpacked>;

/** With the option `info`, zlib tells more than its types say. */
function withInfo(unpack: (bytes: Uint8Array, options: ZlibOptions) => Promise<Buffer>): Unpack {
  return (bytes, options) => unpack(bytes, { ...options, info: true }) as unknown as Promise<Unpacked>;
}

const inflated = withInfo(promisify(inflate));
const inflatedRaw = withInfo(promisify(inflateRaw));
const gunzipped = withInfo(promisify(gunzip));
const unbrotlied = withInfo(promisify(brotliDecompress));

/** By the names that `Content-Encoding` has for them. Some clients take `deflate` by its word and leave the zlib header out. */
const UNPACK: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ['gzip', gunzipped],
  ['x-gzip', gunzipped],
  ['br', unbrotlied],
  [
    'deflate',
    (bytes, options) =>
      inflated(bytes, options).catch((error: unknown) =>
        isTooLarge(error) ? Promise.reject(error as Error) : inflatedRaw(bytes, options),
      ),
  ],
]);

/** More layers than that are nobody's honest request. */
const MAX_LAYERS = 3;

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
  | {
      readonly kind: 'plain' | 'packed';
      readonly bytes: Uint8Array;
      readonly unpacked: boolean;
      /** The bytes as received, where they hold text beside what was unpacked: an application that does not unpack reads it. */
      readonly asReceived?: Uint8Array;
    }
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
  if (layers.length > MAX_LAYERS) return { kind: 'packed', bytes, unpacked: false };
  let unpacked = bytes;
  let holdsMore = false;
  try {
    for (const layer of layers.reverse()) {
      const unpack = UNPACK.get(layer);
      if (unpack === undefined) return { kind: 'packed', bytes, unpacked: false };
      // zlib refuses a limit of nothing.
      const { buffer, engine } = await unpack(unpacked, { maxOutputLength: Math.max(1, maxBytes) });
      holdsMore ||= engine.bytesWritten < unpacked.byteLength || hasGzipText(unpacked);
      unpacked = buffer;
    }
  } catch (error) {
    if (isTooLarge(error)) return { kind: 'large' };
    return maybeUnpacked ? { kind: 'plain', bytes, unpacked: true } : { kind: 'packed', bytes, unpacked: false };
  }
  return { kind: 'plain', bytes: unpacked, unpacked: true, ...(holdsMore ? { asReceived: bytes } : {}) };
}

const GZIP_MEMBER = Buffer.of(0x1f, 0x8b, 0x08);
/** Flags of RFC 1952, section 2.3.1: extra field, file name, comment. */
const GZIP_TEXTS = 0x04 | 0x08 | 0x10;

/** Whether a member of a gzip file carries a text besides its content. What looks like a member by chance does no harm. */
function hasGzipText(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = buffer.indexOf(GZIP_MEMBER); at !== -1; at = buffer.indexOf(GZIP_MEMBER, at + 1)) {
    if (((buffer[at + 3] ?? 0) & GZIP_TEXTS) !== 0) return true;
  }
  return false;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
