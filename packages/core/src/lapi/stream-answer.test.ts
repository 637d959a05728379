import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecisionIndex } from '../decisions/decision-index.js';
import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { DecisionLedger } from './decision-ledger.js';
import { readStreamAnswer, type StreamAnswer } from './stream-answer.js';
import { propertyRuns } from '../../test/property-runs.js';

const NOW = Date.UTC(2026, 0, 1);
const row = (changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  duration: '1h0m0s',
  id: 1,
  origin: 'cscli',
  scenario: "manual 'ban' from 'admin'",
  scope: 'Ip',
  type: 'ban',
  uuid: '2387b4dd-0000-4000-8000-000000000000',
  value: '198.51.100.1',
  ...changes,
});

async function* piecesOf(text: string, size = 7): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function read(
  answer: unknown,
  options: {
    readonly size?: number;
    readonly ledger?: DecisionLedger;
    readonly isFull?: boolean;
    readonly maxBytes?: number;
  } = {},
): Promise<StreamAnswer> {
  const { size, ledger, isFull = true, maxBytes = 1 << 20 } = options;
  return readStreamAnswer(piecesOf(typeof answer === 'string' ? answer : JSON.stringify(answer), size), {
    now: NOW,
    yielder: new EventLoopYielder(),
    maxBytes,
    ledger,
    isFull,
    progress: () => undefined,
  });
}

/** What an empty index makes of an answer: values with their ends in seconds from now. */
async function heldBy({ delta }: StreamAnswer, ips: readonly string[]): Promise<readonly string[]> {
  const index = await DecisionIndex.empty.apply(delta, { now: NOW });
  return ips.flatMap((ip) =>
    index.matches(ip, NOW).map(({ type, value, expiresAt = NOW }) => `${type} ${value} ${(expiresAt - NOW) / 1000}`),
  );
}

describe('an answer of the stream', () => {
  it.each([
    ['both keys, the newest first', '{"new": [], "deleted": []}'],
    ['sorted keys and null, as up to 1.7', '{"deleted":null,"new":null}'],
    ['one key', '{"new":[]}'],
    ['no key', '{}'],
    ['null alone', ' null\n'],
    ['keys that nobody knows', '{"links":{"a":[1,{"b":"]}"}]},"new":null,"n":-1.5e3}'],
    ['blanks and lines anywhere', ' {\r\n "new" :\t[ ] ,\n"deleted" : null } \n'],
  ])('may have %s', async (_, text) => {
    for (const size of [1, 3, 100]) {
      expect(await read(text, { size })).toMatchObject({ newRows: 0, deletedRows: 0, delta: { added: 0, deleted: 0 } });
    }
  });

  it('is the same however it is cut, within numbers, escapes and characters of several bytes', async () => {
    const rows = [
      row({ scenario: 'quote " backslash \\ brackets ]}[{ € 𝄞 \u0001', value: '198.51.100.1' }),
      row({ id: 2, duration: '2h0m0s', value: '2001:DB8::B', origin: 'lists', scenario: 'tor' }),
      row({ id: 3, type: 'BAN', scope: 'Range', value: '203.0.113.77/24', nested: { a: [[], {}] } }),
    ];
    const text = JSON.stringify({ deleted: [row({ value: '192.0.2.1' })], new: rows });
    const whole = await read(text, { size: text.length * 4 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 300 }), async (size) => {
        expect(await read(text, { size })).toEqual(whole);
      }),
      { numRuns: propertyRuns(60) },
    );
    expect(whole.delta.sources.map(({ origin, type }) => `${origin} ${type}`)).toEqual([
      'unknown ban',
      'cscli ban',
      'lists:tor ban',
      'cscli ban',
    ]);
    expect(await heldBy(whole, ['198.51.100.1', '2001:db8::b', '203.0.113.5'])).toEqual([
      'ban 198.51.100.1 3600',
      'ban 2001:db8::b 7200',
      'ban 203.0.113.0/24 3600',
    ]);
  });

  it('has all but a row that is longer than any, which whoever may add a decision can make', async () => {
    const long = row({ id: 2, value: '192.0.2.1', scenario: `}]"\\{${'x'.repeat(200_000)}` });
    const text = JSON.stringify({ new: [long, row(), long], deleted: [long] });
    for (const size of [1_000, 65_000, 1_000_000]) {
      const answer = await read(text, { size });
      expect(answer.delta.skipped).toEqual({ malformed: 3 });
      expect([answer.delta.added, answer.newRows, answer.deletedRows]).toEqual([1, 3, 1]);
    }
  });

  it('that ends anywhere before its end counts for nothing', async () => {
    const text = JSON.stringify({ new: [row(), row({ id: 2 })], deleted: [row()] });
    for (let length = 0; length < text.length; length++) {
      await expect(read(text.slice(0, length), { size: 50 })).rejects.toMatchObject({ code: 'CROWDSEC_API_MALFORMED' });
    }
  });

  it.each([
    '{"new": {}}',
    '{"new": "x"}',
    '{"deleted": 1}',
    '[]',
    '"text"',
    '{"new": [1,]}',
    '{"new": [,1]}',
    '{"new": [{"a":1} {"b":2}]}',
    '{"new": [{"a":]}]}',
    '{"new": []} x',
    '{"new": [] "deleted": []}',
    '{,"new": []}',
    '{"new": [],}',
    'null null',
    'nullx',
    '<html>502 Bad Gateway</html>',
    `{"other": "${'x'.repeat(100_000)}"}`,
  ])('that is %s is refused', async (text) => {
    for (const size of [1, 10, 1_000_000])
      await expect(read(text, { size })).rejects.toMatchObject({ code: 'CROWDSEC_API_MALFORMED' });
  });

  it('that is larger than any is refused before it is all read', async () => {
    await expect(read({ new: [row()] }, { maxBytes: 100 })).rejects.toThrow('more than 100 bytes');
  });

  it('has durations in all units of Go, and ends counted from its arrival', async () => {
    const durations = {
      '1h59m57.415820438s': 7198,
      '350µs': 1,
      '350us': 1,
      '90000000000ns': 90,
      '8759h59m59s': 31_535_999,
      '500ms': 1,
    };
    for (const [duration, seconds] of Object.entries(durations)) {
      expect(await heldBy(await read({ new: [row({ duration })] }), ['198.51.100.1'])).toEqual([
        `ban 198.51.100.1 ${seconds}`,
      ]);
    }
    for (const duration of ['0s', '-3s', '-11.650146ms', '0'])
      expect(await heldBy(await read({ new: [row({ duration })] }), ['198.51.100.1'])).toEqual([]);
  });

  it('has rows that are left out one by one, and counted', async () => {
    const odd = [
      null,
      5,
      [],
      {},
      row({ value: '' }),
      row({ type: undefined }),
      row({ scope: 7 }),
      row({ scope: 'username', value: 'admin' }),
      row({ scope: 'Session', value: '198.51.100.9' }),
      row({ duration: 'soon' }),
      row({ duration: 60 }),
      row({ duration: undefined }),
      row({ value: '198.51.100.300' }),
      row({ value: '10.0.0.0/99' }),
      row({ scope: 'Country', value: 'FRA' }),
      row({ scope: 'AS', value: 'x' }),
      row({ value: 'x'.repeat(300) }),
    ];
    const answer = await read({
      new: [...odd, row()],
      deleted: [null, row({ duration: 'gone' }), row({ scope: 'username' })],
    });
    expect(answer.delta.skipped).toEqual({ malformed: 9, scope: 3, duration: 3, value: 4 });
    expect(answer).toMatchObject({ newRows: 18, deletedRows: 3, delta: { added: 1, deleted: 1 } });
    expect(await heldBy(answer, ['198.51.100.1'])).toEqual(['ban 198.51.100.1 3600']);
  });

  it('may make up types and origins without end: some are told apart, the rest is left out or lumped together', async () => {
    const types = Array.from({ length: 2_000 }, (_, i) => row({ type: `t${i}`, value: '198.51.100.1' }));
    expect((await read({ new: types })).delta.skipped).toEqual({ 'too-many': 1_500 });
    const origins = Array.from({ length: 3_000 }, (_, i) => row({ origin: `o${i}`, value: '198.51.100.1' }));
    const { delta } = await read({ new: origins });
    expect(delta.sources).toHaveLength(1_001);
    expect(delta.skipped).toEqual({});
  });
});

describe('rows that stand for themselves (dedup=false)', () => {
  it('hold while one of the same scope, type and value does, as long as the longest', async () => {
    const ledger = new DecisionLedger();
    const about = async (answer: unknown, isFull = false): Promise<readonly string[]> =>
      heldBy(await read(answer, { ledger, isFull }), ['198.51.100.1']);
    const [short, long] = [row({ id: 1, duration: '1h' }), row({ id: 2, duration: '4h', origin: 'CAPI' })];
    expect(await about({ new: [short, long] }, true)).toEqual(['ban 198.51.100.1 14400']);
    expect(await about({ deleted: [long] })).toEqual(['ban 198.51.100.1 3600']);
    // The same value in both lists of one answer.
    expect(await about({ new: [row({ id: 3, duration: '2h' })], deleted: [short] })).toEqual(['ban 198.51.100.1 7200']);
    expect(
      (await read({ deleted: [row({ id: 3 }), row({ id: 3 }), row({ id: 99 })] }, { ledger, isFull: false })).delta,
    ).toMatchObject({
      added: 0,
      deleted: 1,
    });
  });

  it('are begun anew by a full answer', async () => {
    const ledger = new DecisionLedger();
    await read({ new: [row({ id: 1, duration: '4h' })] }, { ledger });
    await read({ new: [row({ id: 2, duration: '1h' })] }, { ledger });
    const { delta } = await read({ deleted: [row({ id: 2 })] }, { ledger, isFull: false });
    expect(delta).toMatchObject({ added: 0, deleted: 1 });
  });

  it('without an id are left out', async () => {
    const { delta } = await read({ new: [row({ id: undefined }), row({ id: '7' })] }, { ledger: new DecisionLedger() });
    expect(delta.skipped).toEqual({ malformed: 2 });
  });
});
