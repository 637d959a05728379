import { describe, expect, it } from 'vitest';
import { EventLoopYielder } from './event-loop-yielder.js';
import { checkIndex, checkLinks } from './check-index.js';
import { DeltaBuilder } from './decision-delta.js';
import { DecisionIndex } from './decision-index.js';
import { NEVER } from './row-source.js';

const NOW = Date.UTC(2026, 0, 1);

/** Nested and neighbouring prefixes of both families, from two feeds. */
async function indexOf(): Promise<DecisionIndex> {
  const delta = new DeltaBuilder();
  for (const feed of ['a', 'b']) {
    const source = delta.sourceId({ feed, origin: feed, type: 'ban', scenario: '', allow: false });
    for (const value of ['1.0.0.0/8', '1.2.0.0/16', '1.2.3.4', '9.9.9.9', '2001:db8::/32', '2001:db8::1', 'fc00::/7']) {
      delta.add('address', value, source, NEVER);
    }
    delta.add('country', 'FR', source, NEVER);
  }
  return DecisionIndex.empty.apply(delta.build(), { now: NOW });
}

/** The index after the store, with these numbers of its bytes changed. */
async function changed(change: (numbers: Uint32Array, lengths: readonly number[]) => void): Promise<DecisionIndex> {
  const { head, chunks } = (await indexOf()).toBlob();
  const bytes = Uint8Array.from(Buffer.concat(chunks));
  change(new Uint32Array(bytes.buffer), (head as { lengths: number[][] }).lengths.flat());
  return DecisionIndex.fromBlob({ head, chunks: [bytes] });
}

const check = (index: DecisionIndex): Promise<void> => checkIndex(index, new EventLoopYielder());

describe('checkIndex', () => {
  it('takes what was written', async () => {
    await expect(check(await changed(() => undefined))).resolves.toBeUndefined();
    await expect(check(DecisionIndex.empty)).resolves.toBeUndefined();
  });

  it.each<[string, (numbers: Uint32Array, lengths: readonly number[]) => void, RegExp]>([
    ['leads to itself', (numbers) => (numbers[3] = 1), /circle/],
    ['leads to a later row', (numbers) => (numbers[4 * 2 + 3] = 8), /circle/],
    ['leads beyond the table', (numbers) => (numbers[4 + 3] = 0xffff_ffff), /circle/],
    ['leads to a row that does not hold it', (numbers) => (numbers[4 * 7 + 3] = 1), /do not hold them/],
    ['names a source that is none', (numbers) => (numbers[1] = (7 << 16) | 8), /name sources/],
    ['is longer than an address', (numbers) => (numbers[1] = 33), /too long/],
    ['is out of order', (numbers) => (numbers[0] = 0xffff_ffff), /order/],
    ['is counted for another source', (numbers, [data, blocks]) => numbers[data! + blocks!]!--, /counts/],
    ['is counted beyond memory', (numbers, [data, blocks]) => (numbers[data! + blocks!] = 0xffff_ffff), /counts/],
    ['is looked for beyond the table', (numbers, [data]) => (numbers[data! + 2] = 0xffff_ffff), /points elsewhere/],
    ['ends elsewhere', (numbers, [data, blocks]) => (numbers[data! + blocks! - 1] = 3), /points elsewhere/],
  ])('refuses an index of which a row %s', async (_, change, message) => {
    await expect(check(await changed(change))).rejects.toThrow(message);
  });

  it.each<[string, (numbers: Uint32Array, lengths: readonly number[]) => void, RegExp]>([
    ['leads to itself', (numbers) => (numbers[3] = 1), /circle/],
    ['leads beyond the table', (numbers) => (numbers[4 + 3] = 0xffff_ffff), /circle/],
    ['names a source that is none', (numbers) => (numbers[1] = (7 << 16) | 8), /name sources/],
    ['is longer than an address', (numbers) => (numbers[1] = 33), /too long/],
    ['is looked for beyond the table', (numbers, [data]) => (numbers[data! + 2] = 0xffff_ffff), /points elsewhere/],
  ])('refuses by its quick check an index of which a row %s', async (_, change, message) => {
    expect(() => checkLinks(DecisionIndex.empty)).not.toThrow();
    const [sound, broken] = [await changed(() => undefined), await changed(change)];
    expect(() => checkLinks(sound)).not.toThrow();
    expect(() => checkLinks(broken)).toThrow(message);
  });

  it('takes a prefix that was told many times', async () => {
    const delta = new DeltaBuilder();
    const source = delta.sourceId({ feed: 'a', origin: 'a', type: 'ban', scenario: '', allow: false });
    for (let i = 0; i < 50; i++) delta.add('address', '1.2.3.4', source, NEVER - i);
    const index = await DecisionIndex.empty.apply(delta.build(), { now: NOW });
    await expect(check(index)).resolves.toBeUndefined();
    await expect(check(await index.apply(delta.build(), { now: NOW }))).resolves.toBeUndefined();
  });

  it('refuses a prefix that stands there a hundred thousand times, which each lookup of it would go through', async () => {
    const { head, chunks } = (await indexOf()).toBlob();
    const count = 100_000;
    const rows = new Uint32Array(4 * count);
    for (let row = 0; row < count; row++) rows.set([0x01020304, 32, NEVER, row], 4 * row);
    const numbers = new Uint32Array(Uint8Array.from(Buffer.concat(chunks)).buffer);
    const { lengths } = head as { lengths: number[][] };
    const [[data = 0, blocks = 0] = []] = lengths;
    const rest = numbers.slice(data);
    // Rows that start in the only block in use, and how many each source has.
    const first = rest.findIndex((value, at) => at < blocks && at % 3 === 2 && value > 0);
    for (let at = 2; at < blocks; at += 3) rest[at] = at < first ? 0 : count;
    rest[blocks] = count;
    rest[blocks + 1] = 0;
    const changedHead = { ...(head as object), lengths: [[4 * count, ...lengths[0]!.slice(1)], ...lengths.slice(1)] };
    const bytes = new Uint8Array(rows.byteLength + rest.byteLength);
    bytes.set(new Uint8Array(rows.buffer));
    bytes.set(new Uint8Array(rest.buffer), rows.byteLength);
    await expect(check(DecisionIndex.fromBlob({ head: changedHead, chunks: [bytes] }))).rejects.toThrow(/too often/);
  });

  it('lets nothing pass that hangs or crashes a lookup or a merge, whichever number is changed', async () => {
    const { chunks } = (await indexOf()).toBlob();
    const count = Buffer.concat(chunks).length / 4;
    let refused = 0;
    for (let at = 0; at < count; at += 3) {
      for (const value of [0, 1, 0x7fff_ffff, 0xffff_ffff]) {
        const index = await changed((numbers) => (numbers[at] = value));
        const isSound = await check(index).then(
          () => true,
          () => false,
        );
        if (!isSound) {
          refused++;
          continue;
        }
        for (const ip of ['1.2.3.4', '9.9.9.9', '8.8.8.8', '2001:db8::1', '::', 'ffff::']) index.matches(ip, NOW);
        await index.apply(new DeltaBuilder().build(), { now: NOW });
      }
    }
    expect(refused).toBeGreaterThan(0);
  });
});
