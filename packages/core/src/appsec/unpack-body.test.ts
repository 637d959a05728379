import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { unpackBody } from './unpack-body.js';

const TEXT = 'q=attackword';
const whole = (bytes: Uint8Array, maybeUnpacked = false) => ({ kind: 'whole', bytes, maybeUnpacked }) as const;

async function shown(bytes: Uint8Array, encoding: string | undefined, max = 1_000, maybeUnpacked = false) {
  const body = await unpackBody(whole(bytes, maybeUnpacked), encoding, max);
  return body.kind === 'large' ? 'large' : [body.kind, Buffer.from(body.bytes).toString(), body.unpacked];
}

describe('a body with Content-Encoding', () => {
  it.each([
    ['gzip', gzipSync(TEXT)],
    ['GZip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
    [' identity , gzip ', gzipSync(TEXT)],
  ])('is shown unpacked: %s', async (encoding, bytes) => {
    expect(await shown(bytes, encoding)).toEqual(['plain', TEXT, true]);
  });

  it.each([
    ['an unknown one', 'compress', Buffer.from(TEXT)],
    ['one that it does not have', 'gzip', Buffer.from(TEXT)],
    ['one that is cut', 'gzip', gzipSync(TEXT.repeat(50)).subarray(0, 20)],
    ['too many of them', 'gzip, gzip, gzip, gzip', gzipSync(TEXT)],
  ])('is sent as it was received when it has %s', async (_, encoding, bytes) => {
    expect(await shown(bytes, encoding)).toEqual(['packed', bytes.toString(), false]);
  });

  it('is as large as what is in it, of which no more than the limit is ever unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const before = process.memoryUsage().arrayBuffers;
    expect(await shown(bomb, 'gzip', 1_000_000)).toBe('large');
    expect(await shown(brotliCompressSync(Buffer.alloc(5_000_000)), 'br', 1_000)).toBe('large');
    expect(await shown(deflateSync(Buffer.alloc(5_000_000)), 'deflate', 1_000)).toBe('large');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  it('may have been unpacked by the parser that kept it', async () => {
    expect(await shown(Buffer.from(TEXT), 'gzip', 1_000, true)).toEqual(['plain', TEXT, true]);
    expect(await shown(gzipSync(TEXT), 'gzip', 1_000, true)).toEqual(['plain', TEXT, true]);
  });

  it('is shown as it is without one', async () => {
    expect(await shown(Buffer.from(TEXT), undefined)).toEqual(['plain', TEXT, false]);
  });
});
