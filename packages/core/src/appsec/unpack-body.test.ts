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

  it.each([
    ['behind what is packed', 'deflate', Buffer.concat([deflateSync('q=hello'), Buffer.from(`&${TEXT}&`)])],
    ['behind what is packed', 'deflate', Buffer.concat([deflateRawSync('q=hello'), Buffer.from(`&${TEXT}&`)])],
    ['behind what is packed', 'br', Buffer.concat([brotliCompressSync('q=hello'), Buffer.from(`&${TEXT}&`)])],
    ['as the name of a file', 'gzip', named(gzipSync('q=hello'))],
    ['as the name of a second file', 'gzip', Buffer.concat([gzipSync('q='), named(gzipSync('hello'))])],
    ['within two layers', 'br, gzip', named(gzipSync(brotliCompressSync('q=hello')))],
  ])('is shown as received too where it holds a text %s: %s', async (_, encoding, bytes) => {
    const body = await unpackBody(whole(bytes), encoding, 1_000);
    expect(body).toMatchObject({ kind: 'plain', unpacked: true, asReceived: bytes });
    expect(body.kind === 'plain' && Buffer.from(body.bytes).toString()).toBe('q=hello');
  });

  it('is shown once where it holds nothing but what was unpacked', async () => {
    for (const [encoding, bytes] of [
      ['gzip', gzipSync(TEXT)],
      ['deflate', deflateSync(TEXT)],
      ['br', brotliCompressSync(TEXT)],
    ] as const)
      expect(await unpackBody(whole(bytes), encoding, 1_000)).not.toHaveProperty('asReceived');
  });

  it('may have been unpacked by the parser that kept it', async () => {
    expect(await shown(Buffer.from(TEXT), 'gzip', 1_000, true)).toEqual(['plain', TEXT, true]);
    expect(await shown(gzipSync(TEXT), 'gzip', 1_000, true)).toEqual(['plain', TEXT, true]);
  });

  it('is shown as it is without one', async () => {
    expect(await shown(Buffer.from(TEXT), undefined)).toEqual(['plain', TEXT, false]);
  });
});

/** A gzip file with a name, which a program that does not unpack reads as a field of a form. */
function named(file: Buffer): Buffer {
  const header = Buffer.from(file.subarray(0, 10));
  header[3] = 0x08;
  return Buffer.concat([header, Buffer.from(`&${TEXT}&\0`), file.subarray(10)]);
}
