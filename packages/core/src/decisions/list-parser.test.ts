import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecisionIndex } from './decision-index.js';
import { DeltaBuilder, SkipCount } from './decision-delta.js';
import { allowlistParser, blocklistParser } from './list-parser.js';
import { RowSet } from './row-set.js';
import { propertyRuns } from '../../test/property-runs.js';

const NOW = Date.UTC(2026, 0, 1);
const SOURCE = { feed: 'f', origin: 'lists:f', type: 'ban', scenario: 'f', allow: false };

describe('a blocklist', () => {
  it('is read line by line: trimmed, without comments and blanks, CRLF and no final newline accepted', () => {
    const { entries, skipped } = readBlocklist(
      '# head\r\n1.1.1.1\r\n\r\n  2.2.2.2\t\n; more\n3.3.3.0/24 # why\n2001:DB8::1',
    );
    expect(entries).toBe(4);
    expect(skipped).toEqual({});
  });

  it('counts the lines that are no entry, and keeps the others', () => {
    const { entries, skipped } = readBlocklist(
      `1.1.1.1\nnonsense\n1.2.3.0/\n1.1.1.1 2.2.2.2\n${'9'.repeat(200_000)}\n4.4.4.4\n`,
    );
    expect(entries).toBe(2);
    expect(skipped).toEqual({ value: 3, 'long-line': 1 });
  });

  it('may begin with a byte order mark', () => {
    expect(readBlocklist('\u00ef\u00bb\u00bf1.1.1.1\n').entries).toBe(1);
  });

  it('is the same however it is cut', () => {
    const text = '# head\r\n1.1.1.1\r\n\nbad\n2001:db8::/32\n3.3.3.3';
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const borders = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const pieces = borders.slice(1).map((border, i) => text.slice(borders[i], border));
        expect(readBlocklist(...pieces)).toEqual({ entries: 3, skipped: { value: 1 } });
      }),
      { numRuns: propertyRuns() },
    );
  });
});

describe('an allowlist', () => {
  it.each([
    ['absent', undefined],
    ['null', null],
    ['the zero date', '0001-01-01T00:00:00.000Z'],
  ])('holds an entry for ever whose expiration is %s', async (_, expiration) => {
    expect(await readAllowlist({ value: '1.2.3.4', expiration })).toEqual([{ value: '1.2.3.4', expiresAt: undefined }]);
  });

  it.each([
    '2026-01-01T01:00:00Z',
    '2026-01-01T01:00:00.123456789Z',
    '2026-01-01T02:00:00+01:00',
    '2026-01-01 01:00:00',
    '2026-01-01 01:00:00 Z',
  ])('reads the expiration %s', async (expiration) => {
    const [entry] = await readAllowlist({ value: '1.2.3.4', expiration });
    expect(Math.floor(entry!.expiresAt! / 60_000)).toBe(Math.floor(NOW / 60_000) + 60);
  });

  it.each(['2026-01-02', '2026-01-02T00:00:00.5Z'])('takes a date alone, and fractions: %s', async (expiration) => {
    expect(await readAllowlist({ value: '1.2.3.4', expiration })).toHaveLength(1);
  });

  it.each(['2025-12-31T23:59:59Z', 'soon', '', 0, '2026-13-01T00:00:00Z'])('counts as over: %j', async (expiration) => {
    expect(await readAllowlist({ value: '1.2.3.4', expiration })).toEqual([]);
  });

  it('counts the lines that are no entry', () => {
    const skipped = new SkipCount();
    const parser = allowlistParser({ rows: new RowSet(), source: 0, skipped, now: NOW });
    parser.push(
      '{"value":"1.1.1.1"}\n[]\n"2.2.2.2"\n{bad\n{"value":1}\n{"value":"x"}\n{"value":"u","scope":"username"}\n',
    );
    parser.finish();
    expect(parser.entries).toBe(1);
    expect(skipped.reasons).toEqual({ malformed: 4, value: 1, scope: 1 });
  });

  it('tells the scope by the value where none is given', () => {
    const rows = new RowSet();
    const parser = allowlistParser({ rows, source: 0, skipped: new SkipCount(), now: NOW });
    parser.push(
      '{"value":"10.0.0.0/8"}\n{"value":"fr"}\n{"value":"AS64500"}\n{"value":"64500","scope":"as"}\n{"value":"2001:db8::1"}',
    );
    parser.finish();
    expect([rows.v4.size, rows.v6.size, rows.country.size, rows.as.size]).toEqual([1, 1, 1, 2]);
  });
});

function readBlocklist(...pieces: readonly string[]) {
  const skipped = new SkipCount();
  const parser = blocklistParser({ kind: 'address', rows: new RowSet(), source: 0, until: 1, skipped });
  for (const piece of pieces) parser.push(piece);
  parser.finish();
  return { entries: parser.entries, skipped: skipped.reasons };
}

async function readAllowlist(...entries: readonly object[]) {
  const delta = new DeltaBuilder();
  const rows = new RowSet();
  const parser = allowlistParser({ rows, source: delta.sourceId(SOURCE), skipped: delta.skipped, now: NOW });
  parser.push(entries.map((entry) => JSON.stringify(entry)).join('\n'));
  parser.finish();
  delta.replace('f', rows);
  const index = await DecisionIndex.empty.apply(delta.build(), { now: NOW });
  return index.matches('1.2.3.4', NOW).map(({ value, expiresAt }) => ({ value, expiresAt }));
}

describe('addresses that nobody on the Internet has, in a blocklist', () => {
  const firehol = [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '10.1.2.3',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '224.0.0.0/3',
    '::1',
    'fc00::/7',
    'fd00:1::5',
    'fe80::/10',
    '::ffff:10.0.0.1',
    '::ffff:192.168.0.0/112',
  ];

  it.each(firehol)('are left out and counted: %s', (value) => {
    expect(readBlocklist(`${value}\n198.51.100.7\n`)).toEqual({ entries: 1, skipped: { 'non-public': 1 } });
  });

  it('make no list of its own a page that is none', () => {
    const parser = blocklistParser({
      kind: 'address',
      rows: new RowSet(),
      source: 0,
      until: 1,
      skipped: new SkipCount(),
    });
    parser.push(firehol.join('\n'));
    parser.finish();
    expect([parser.entries, parser.recognised]).toEqual([0, firehol.length]);
  });

  it('are kept where that is asked for', () => {
    const skipped = new SkipCount();
    const parser = blocklistParser({
      kind: 'address',
      rows: new RowSet(),
      source: 0,
      until: 1,
      skipped,
      keepNonPublic: true,
    });
    parser.push(firehol.join('\n'));
    parser.finish();
    expect([parser.entries, skipped.reasons]).toEqual([firehol.length, {}]);
  });

  it.each(['0.0.0.0/0', '::/0', '172.0.0.0/8', '192.0.0.0/8', '9.0.0.0/7', '11.0.0.0/8', '128.0.0.0/1', '2000::/3'])(
    'are not what holds public ones too: %s',
    (value) => {
      expect(readBlocklist(`${value}\n`)).toEqual({ entries: 1, skipped: {} });
    },
  );
});
