import { describe, expect, it } from 'vitest';
import { DecisionIndex } from './decision-index.js';
import { DeltaBuilder } from './decision-delta.js';
import { RowSet } from './row-set.js';
import type { RowSource } from './row-source.js';

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const CAPI: RowSource = { feed: 'CAPI', origin: 'CAPI', type: 'ban', scenario: 'a/bf', allow: false };
const LIST: RowSource = { feed: 'blocklist:l', origin: 'lists:l', type: 'captcha', scenario: 'l', allow: false };

describe('DecisionIndex', () => {
  it('keeps the old index as it is when a delta is applied', async () => {
    const before = await indexOf({ CAPI: ['1.2.3.4'] });
    const after = await before.apply(deltaOf({ CAPI: ['5.6.7.8'] }), { now: NOW });
    expect(before.matches('5.6.7.8', NOW)).toEqual([]);
    expect(after.matches('5.6.7.8', NOW)).toHaveLength(1);
    expect([before.size, after.size]).toEqual([1, 2]);
  });

  it('tells all matches, the narrowest first', async () => {
    const index = await indexOf({ CAPI: ['1.2.0.0/16', '1.2.3.4'], list: ['1.2.3.0/24', '1.2.3.4'] });
    expect(
      index.matches('::ffff:1.2.3.4', NOW).map(({ origin, scope, value }) => `${origin} ${scope} ${value}`),
    ).toEqual(['CAPI ip 1.2.3.4', 'lists:l ip 1.2.3.4', 'lists:l range 1.2.3.0/24', 'CAPI range 1.2.0.0/16']);
    expect(index.matches('1.2.3.4', NOW)[0]).toMatchObject({ type: 'ban', scenario: 'a/bf', expiresAt: NOW + HOUR });
    expect(index.matches('1.2.3.4', NOW + HOUR)).toEqual([]);
    expect(index.matches('nonsense', NOW)).toEqual([]);
  });

  it('matches countries and AS numbers by what is known of the address', async () => {
    const delta = new DeltaBuilder();
    delta.add('country', 'fr', delta.sourceId(CAPI), (NOW + HOUR) / 1000);
    delta.add('as', 'AS64500', delta.sourceId(CAPI), (NOW + HOUR) / 1000);
    const index = await DecisionIndex.empty.apply(delta.build(), { now: NOW });
    expect(index.needsGeo).toBe(true);
    expect(
      index.matches('1.1.1.1', NOW, { country: 'FR', asn: 64500 }).map(({ scope, value }) => [scope, value]),
    ).toEqual([
      ['country', 'FR'],
      ['as', '64500'],
    ]);
    expect(index.matches('1.1.1.1', NOW, { country: 'DE' })).toEqual([]);
  });

  it('drops what is over at the next merge, and the sources that nothing is left of', async () => {
    const before = await indexOf({ CAPI: ['1.2.3.4'], list: ['5.6.7.8'] });
    const later = NOW + HOUR;
    const delta = new DeltaBuilder();
    delta.add('address', '9.9.9.9', delta.sourceId(CAPI), later / 1000 + 60);
    const after = await before.apply(delta.build(), { now: later });
    expect(after.size).toBe(1);
    expect(after.sources).toEqual([CAPI]);
  });

  it('gives a row that comes back after its end no place before those that came meanwhile', async () => {
    const before = await indexOf({ list: ['1.2.3.4'] });
    const delta = new DeltaBuilder();
    const until = (NOW + 2 * HOUR) / 1000;
    for (const source of [CAPI, LIST]) delta.add('address', '1.2.3.4', delta.sourceId(source), until);
    const after = await before.apply(delta.build(), { now: NOW + HOUR });
    expect(after.matches('1.2.3.4', NOW + HOUR).map(({ origin }) => origin)).toEqual(['CAPI', 'lists:l']);
  });

  it('counts what it holds, by origin and by feed', async () => {
    const index = await indexOf({ CAPI: ['1.2.3.4', '2001:db8::/32'], list: ['1.2.3.4'] });
    expect(index.counts(NOW)).toEqual({ CAPI: 2, 'lists:l': 1 });
    expect(index.counts(NOW + HOUR)).toEqual({});
    expect(index.countOf('blocklist:l')).toBe(1);
    expect(index.earliestExpiry('blocklist:l', NOW)).toBe(NOW + HOUR);
    expect(index.earliestExpiry('blocklist:l', NOW + HOUR)).toBeUndefined();
  });

  it('merges a hundred thousand rows without holding the event loop', { timeout: 60_000 }, async () => {
    const values = Array.from(
      { length: 100_000 },
      (_, i) => `${1 + (i % 200)}.${(i >> 8) & 255}.${i & 255}.${(i * 7) & 255}`,
    );
    const delta = deltaOf({ CAPI: values });
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const index = await DecisionIndex.empty.apply(delta, { now: NOW });
    isDone = true;
    expect(turns).toBeGreaterThan(2);
    expect(index.size).toBe(new Set(values).size);
  });
});

describe('the blob of an index', () => {
  it('brings back the same index, in whatever pieces it comes', async () => {
    const index = await indexOf({
      CAPI: ['1.2.3.4', '1.2.0.0/16', '2001:db8::/32', '2001:db8::1'],
      list: ['0.0.0.0/0', '1.2.3.4'],
    });
    const { head, chunks } = index.toBlob();
    const bytes = Buffer.concat(chunks);
    const pieces = [bytes.subarray(0, 3), bytes.subarray(3, 3), bytes.subarray(3, 50), bytes.subarray(50)];
    const back = DecisionIndex.fromBlob({ head: JSON.parse(JSON.stringify(head)), chunks: pieces });
    for (const ip of ['1.2.3.4', '1.2.9.9', '9.9.9.9', '2001:db8::1', '2001:db9::'])
      expect(back.matches(ip, NOW)).toEqual(index.matches(ip, NOW));
    expect(back.sources).toEqual(index.sources);
  });

  it.each([1000, 1170, 1302, 1463, 2000])('takes less than 20 bytes a row, a tenth IPv6: %i rows', async (rows) => {
    const values = Array.from({ length: rows }, (_, i) =>
      i % 10 === 0 ? `2001:db8:${i.toString(16)}::` : `1.2.${i >> 8}.${i & 255}`,
    );
    const { chunks } = (await indexOf({ CAPI: values })).toBlob();
    expect(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) / rows).toBeLessThan(20);
  });

  it.each<[string, (head: Record<string, unknown>, bytes: Uint8Array) => { head: unknown; bytes: Uint8Array }]>([
    ['another format', (head, bytes) => ({ head: { ...head, format: 'crowdsec-decisions/1' }, bytes })],
    ['another byte order', (head, bytes) => ({ head: { ...head, byteOrder: 'PDP' }, bytes })],
    ['no head', (_, bytes) => ({ head: null, bytes })],
    ['missing bytes', (head, bytes) => ({ head, bytes: bytes.subarray(1) })],
    ['bytes too many', (head, bytes) => ({ head, bytes: Buffer.concat([bytes, bytes]) })],
    ['fewer sources than its rows have', (head, bytes) => ({ head: { ...head, sources: [] }, bytes })],
    [
      'columns that do not fit each other',
      (head, bytes) => ({ head: { ...head, lengths: Array(4).fill([5, 9, 1, 1, 1]) }, bytes }),
    ],
  ])('is refused when it has %s', async (_, change) => {
    const { head, chunks } = (await indexOf({ CAPI: ['1.2.3.4', '5.6.7.8'] })).toBlob();
    const changed = change(head as Record<string, unknown>, new Uint8Array(Buffer.concat(chunks)));
    const blob = { head: changed.head as never, chunks: [changed.bytes] };
    const read = (): unknown => DecisionIndex.fromBlob(blob);
    expect(read).toThrow(expect.objectContaining({ code: 'CROWDSEC_STORE_UNAVAILABLE' }) as Error);
  });
});

function deltaOf({ CAPI: stream = [], list }: { CAPI?: readonly string[]; list?: readonly string[] }) {
  const delta = new DeltaBuilder();
  const until = (NOW + HOUR) / 1000;
  for (const value of stream) delta.add('address', value, delta.sourceId(CAPI), until);
  if (list) {
    const rows = new RowSet();
    for (const value of list) rows.add('address', value, 0, value.length, delta.sourceId(LIST), until);
    delta.replace(LIST.feed, rows);
  }
  return delta.build();
}

function indexOf(rows: Parameters<typeof deltaOf>[0]): Promise<DecisionIndex> {
  return DecisionIndex.empty.apply(deltaOf(rows), { now: NOW });
}
