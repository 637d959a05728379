import { randomFillSync } from 'node:crypto';

const BATCH = 128;
const BYTES = 16;
const LENGTH = 36;
/** Where the text of a UUID has its dashes: before the bytes 4, 6, 8 and 10. */
const DASHES_BEFORE = new Set([4, 6, 8, 10]);
const DASH = 45;

const random = new Uint8Array(BATCH * BYTES);
const texts = Buffer.alloc(BATCH * LENGTH);
const hexDigits = Buffer.from('0123456789abcdef');
let left = 0;

/**
 * A random UUID (version 4, RFC 9562) from the system's secure random source. Written in batches, each as one flat text: that of
 * `node:crypto` is joined from 20 pieces, which have to be copied together once it is the key of a map.
 */
export function randomUuid(): string {
  if (left === 0) writeBatch();
  left--;
  return texts.toString('latin1', left * LENGTH, (left + 1) * LENGTH);
}

function writeBatch(): void {
  randomFillSync(random);
  let to = 0;
  for (let at = 0; at < random.length; at += BYTES) {
    random[at + 6] = (random[at + 6]! & 0x0f) | 0x40;
    random[at + 8] = (random[at + 8]! & 0x3f) | 0x80;
    for (let i = 0; i < BYTES; i++) {
      if (DASHES_BEFORE.has(i)) texts[to++] = DASH;
      const byte = random[at + i]!;
      texts[to++] = hexDigits[byte >>> 4]!;
      texts[to++] = hexDigits[byte & 15]!;
    }
  }
  left = BATCH;
}
