import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { DecisionIndex } from '../decisions/decision-index.js';
import { DeltaBuilder } from '../decisions/decision-delta.js';
import { RowSet } from '../decisions/row-set.js';
import { NEVER, type RowSource } from '../decisions/row-source.js';
import { manualTime } from '../testing/manual-time.js';
import type { IpRemediation } from './ip-remediation.js';
import { RemediationEngine } from './remediation-engine.js';
import { propertyRuns } from '../../test/property-runs.js';

/** How many random sequences of pulls are compared with the oracle: few beside the unit tests, all of them beside the end-to-end tests. */
const SEQUENCES = process.env.TEST_KIND === 'e2e' ? 10_000 : 1_000;

const REMEDIATIONS = ['ban', 'captcha'];
const SOURCES: readonly RowSource[] = [
  { feed: 'CAPI', origin: 'CAPI', type: 'ban', scenario: 'a/bf', allow: false },
  { feed: 'CAPI', origin: 'CAPI', type: 'ban', scenario: 'a/scan', allow: false },
  { feed: 'blocklist:l1', origin: 'lists:l1', type: 'ban', scenario: 'l1', allow: false },
  { feed: 'blocklist:l2', origin: 'lists:l2', type: 'captcha', scenario: 'l2', allow: false },
  { feed: 'allowlist:a1', origin: 'lists:a1', type: 'allow', scenario: 'a1', allow: true },
];

interface Pull {
  readonly deleted: readonly string[];
  readonly added: readonly { readonly value: string; readonly source: 0 | 1; readonly seconds: number }[];
  /** By source: the list's new values, `gone`, or nothing new. */
  readonly lists: readonly (readonly [2 | 3 | 4, readonly string[] | 'gone'])[];
  readonly listSeconds: number;
  readonly waitSeconds: number;
}

const v4 = fc
  .tuple(
    fc.constantFrom('10.0', '10.1', '127.255', '128.0', '255.255'),
    fc.constantFrom('0', '1', '255'),
    fc.constantFrom('0', '1', '127', '128', '255'),
  )
  .map((parts) => parts.join('.'));
const v6 = fc
  .tuple(
    fc.constantFrom('2001:db8', '2001:DB8:0:ffff', 'ffff', '7fff:ffff', ''),
    fc.constantFrom('0', '1', '8000:0', 'ffff'),
  )
  .map(([head, tail]) => `${head}::${tail}`);
const value = fc.oneof(
  { weight: 4, arbitrary: v4 },
  {
    weight: 2,
    arbitrary: fc
      .tuple(v4, fc.constantFrom(0, 1, 8, 15, 16, 23, 24, 25, 31, 32))
      .map(([ip, length]) => `${ip}/${length}`),
  },
  { weight: 2, arbitrary: v6 },
  {
    weight: 2,
    arbitrary: fc
      .tuple(v6, fc.constantFrom(0, 1, 31, 32, 33, 64, 95, 127, 128))
      .map(([ip, length]) => `${ip}/${length}`),
  },
  { weight: 1, arbitrary: v4.map((ip) => `::ffff:${ip}`) },
  { weight: 1, arbitrary: fc.tuple(v4, fc.constantFrom(96, 120, 128)).map(([ip, length]) => `::ffff:${ip}/${length}`) },
);
const list = fc.oneof(
  { weight: 5, arbitrary: fc.array(value, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constant('gone' as const) },
);
const pull: fc.Arbitrary<Pull> = fc.record({
  deleted: fc.array(value, { maxLength: 2 }),
  added: fc.array(
    fc.record({
      value,
      source: fc.constantFrom(0 as const, 1 as const),
      seconds: fc.constantFrom(-5, 0, 10, 60, 3600),
    }),
    { maxLength: 6 },
  ),
  lists: fc.uniqueArray(fc.tuple(fc.constantFrom(2 as const, 3 as const, 4 as const), list), {
    maxLength: 2,
    selector: ([id]) => id,
  }),
  listSeconds: fc.constantFrom(5, 60, 3600),
  waitSeconds: fc.constantFrom(0, 9, 10, 11, 60),
});

describe('any sequence of pulls', () => {
  it('is answered as a linear scan of all decisions answers it', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(pull, { minLength: 1, maxLength: 4 }), async (pulls) => {
        const time = manualTime();
        const engine = new RemediationEngine({ clock: time.clock, remediations: REMEDIATIONS });
        const oracle = new Oracle();
        const addresses = [...boundaries(pulls)].map((ip) => ({ ip, address: addressOf(ip) }));
        for (const next of pulls) {
          const now = time.clock.now() / 1000;
          const index = await engine.index.apply(deltaOf(next, now), { now: time.clock.now() });
          engine.swap(DecisionIndex.fromBlob(index.toBlob()));
          oracle.pull(next, now);
          await time.advance(next.waitSeconds * 1000);
          const wrong = addresses
            .map(({ ip, address }) => ({
              ip,
              got: engine.getIpRemediation(ip),
              expected: oracle.answer(address, time.clock.now() / 1000),
            }))
            .filter(({ got, expected }) => !isSame(got, expected));
          expect(wrong).toEqual([]);
        }
      }),
      { numRuns: propertyRuns(SEQUENCES) },
    );
  });
});

function deltaOf({ deleted, added, lists, listSeconds }: Pull, now: number) {
  const delta = new DeltaBuilder();
  const ids = SOURCES.map((source) => delta.sourceId(source));
  for (const value of deleted) delta.delete('address', value, ids[0]!);
  for (const { value, source, seconds } of added)
    delta.add('address', value, ids[source]!, seconds > 0 ? now + seconds : 0);
  for (const [source, values] of lists) {
    const { feed, allow } = SOURCES[source]!;
    if (values === 'gone') {
      delta.drop(feed);
      continue;
    }
    const rows = new RowSet();
    for (const value of values)
      rows.add('address', value, 0, value.length, ids[source]!, allow ? NEVER : now + listSeconds);
    delta.replace(feed, rows);
  }
  return delta.build();
}

function isSame(a: IpRemediation, b: IpRemediation): boolean {
  return (
    a.remediation === b.remediation && a.origin === b.origin && a.scenario === b.scenario && a.expiresAt === b.expiresAt
  );
}

interface OracleRow {
  readonly prefix: Prefix;
  readonly source: RowSource;
  readonly until: number;
  /** When it was first stored: a renewal keeps it. */
  readonly place: number;
}

/** All decisions in one array, scanned for every question; addresses read by another parser. */
class Oracle {
  #rows: OracleRow[] = [];
  #next = 0;

  pull({ deleted, added, lists, listSeconds }: Pull, now: number): void {
    const gone = new Set(lists.map(([source]) => SOURCES[source]!.feed));
    const fresh = [
      ...deleted.map((text) => ({ text, source: SOURCES[0]!, until: 0 })),
      ...added.map(({ value: text, source, seconds }) => ({
        text,
        source: SOURCES[source]!,
        until: seconds > 0 ? now + seconds : 0,
      })),
      ...lists.flatMap(([source, values]) =>
        (values === 'gone' ? [] : values).map((text) => ({
          text,
          source: SOURCES[source]!,
          until: SOURCES[source]!.allow ? Infinity : now + listSeconds,
        })),
      ),
    ].map((row) => ({ ...row, prefix: prefixOf(row.text) }));
    const isSaidAnew = (row: OracleRow): boolean => fresh.some((other) => sameFeed(other, row));
    const held = this.#rows.filter(({ until }) => until > now);
    const renewed: OracleRow[] = [];
    for (const row of fresh.filter(({ until }) => until > now)) {
      // The same row twice in one pull is one row where the first stood, and the longer lasting.
      const twin = renewed.findIndex((other) => other.source === row.source && sameFeed(other, row));
      if (twin === -1)
        renewed.push({ ...row, place: held.find((other) => sameFeed(row, other))?.place ?? this.#next++ });
      else renewed[twin] = { ...renewed[twin]!, until: Math.max(renewed[twin]!.until, row.until) };
    }
    this.#rows = [...held.filter((row) => !isSaidAnew(row) && !gone.has(row.source.feed)), ...renewed];
  }

  answer(address: Address, now: number): IpRemediation {
    const rank = ({ source }: OracleRow): number => (source.allow ? 0 : 1 + REMEDIATIONS.indexOf(source.type));
    const found = this.#rows.filter(({ prefix, until }) => until > now && holds(prefix, address));
    found.sort((a, b) => rank(a) - rank(b) || b.prefix.length - a.prefix.length || a.place - b.place);
    const best = found[0];
    if (best === undefined) return { remediation: 'bypass', origin: 'clean' };
    const { source, until } = best;
    return {
      remediation: source.allow ? 'bypass' : source.type,
      origin: source.origin,
      scenario: source.scenario,
      ...(until === Infinity ? {} : { expiresAt: until * 1000 }),
    };
  }
}

interface Prefix {
  readonly family: string;
  readonly first: bigint;
  readonly length: number;
  readonly bits: number;
}

interface Address {
  readonly family: string;
  readonly value: bigint;
}

const addressOf = remembered((text: string): Address => {
  const address = ipaddr.process(text);
  return { family: address.kind(), value: address.toByteArray().reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) };
});

const prefixOf = remembered((text: string): Prefix => {
  const [ip, lengthText] = text.split('/') as [string, string | undefined];
  const { family, value } = addressOf(ip);
  const bits = family === 'ipv4' ? 32 : 128;
  const isMapped = family === 'ipv4' && ip.includes(':');
  const length = lengthText === undefined ? bits : Number(lengthText) - (isMapped ? 96 : 0);
  const hostBits = BigInt(bits - length);
  return { family, first: (value >> hostBits) << hostBits, length, bits };
});

function holds({ family, first, length, bits }: Prefix, address: Address): boolean {
  const hostBits = BigInt(bits - length);
  return family === address.family && first >> hostBits === address.value >> hostBits;
}

function sameFeed(a: Pick<OracleRow, 'prefix' | 'source'>, b: Pick<OracleRow, 'prefix' | 'source'>): boolean {
  return (
    a.source.feed === b.source.feed &&
    a.prefix.family === b.prefix.family &&
    a.prefix.first === b.prefix.first &&
    a.prefix.length === b.prefix.length
  );
}

/** The first and the last address of everything that the pulls name, and their neighbours outside. */
function boundaries(pulls: readonly Pull[]): Set<string> {
  const values = pulls.flatMap(({ deleted, added, lists }) => [
    ...deleted,
    ...added.map((row) => row.value),
    ...lists.flatMap(([, list]) => (list === 'gone' ? [] : list)),
  ]);
  return new Set(values.flatMap(boundariesOf));
}

const boundariesOf = remembered((text: string): readonly string[] => {
  const { family, first, length, bits } = prefixOf(text);
  const last = first + (1n << BigInt(bits - length)) - 1n;
  return [first - 1n, first, last, last + 1n]
    .filter((at) => at >= 0n && at < 1n << BigInt(bits))
    .map((at) => (family === 'ipv4' ? dotted(at) : colons(at)));
});

function dotted(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
}

function colons(value: bigint): string {
  return (value.toString(16).padStart(32, '0').match(/.{4}/g) ?? []).join(':');
}

/** The sequences draw from few values, so each is read once. */
function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (!known.has(text)) known.set(text, read(text));
    return known.get(text)!;
  };
}
