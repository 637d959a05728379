import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeltaBuilder } from '../decisions/decision-delta.js';
import { DecisionIndex } from '../decisions/decision-index.js';
import { checkIndex } from '../decisions/check-index.js';
import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { LayeredIndex } from '../decisions/layered-index.js';
import { asKey, countryKey, kindOfScope } from '../decisions/row-set.js';
import { untilOf } from '../decisions/row-source.js';
import { formatPrefix, parsePrefix, type IpPrefix } from '../ip/prefix.js';
import { systemClock } from '../clock.js';
import { RemediationEngine } from '../remediation/remediation-engine.js';
import { decisionFeed } from './decision-feed.js';
import { propertyRuns } from '../../test/property-runs.js';

const RUNS = process.env.TEST_KIND === 'e2e' ? 5_000 : 500;
const START = Date.UTC(2026, 0, 1);

interface Row {
  readonly scope: string;
  readonly type: string;
  readonly value: string;
}

interface Told extends Row {
  readonly scenario: string;
  readonly seconds: number;
}

type Step =
  | { readonly kind: 'delta'; readonly added: readonly Told[]; readonly deleted: readonly Row[] }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'merge' }
  | { readonly kind: 'store' };

/** Different spellings of few values, nested in each other, so that rows meet. */
const values = [
  ['Ip', '198.51.100.7'],
  ['Ip', '198.51.100.7/32'],
  ['Ip', '::ffff:198.51.100.7'],
  ['Range', '198.51.100.7'],
  ['Range', '198.51.100.0/24'],
  ['Range', '198.51.100.77/24'],
  ['Ip', '198.51.100.0/24'],
  ['range', '198.51.100.0/25'],
  ['Range', '0.0.0.0/0'],
  ['Ip', '2001:db8::b'],
  ['Ip', '2001:DB8::B'],
  ['Ip', '2001:db8:0:0:0:0:0:b'],
  ['Range', '2001:db8::/32'],
  ['Range', '2001:DB8::/32'],
  ['Range', '2001:db8::1/48'],
  ['Country', 'FR'],
  ['Country', 'fr'],
  ['AS', '64496'],
  ['AS', 'AS64496'],
] as const;

/** All of them in some types; of two spellings that happen to share a feed (one pair in 256 does), the first. */
const rows = values
  .flatMap(([scope, value]) => ['ban', 'captcha', 'BAN'].map((type): Row => ({ scope, type, value })))
  .filter((each, i, all) => all.findIndex((other) => placeOf(other) === placeOf(each)) === i);
const row = fc.constantFrom(...rows);
const told: fc.Arbitrary<Told> = fc
  .tuple(row, fc.constantFrom('a/one', 'a/two'), fc.constantFrom(5, 60, 600, 3_600))
  .map(([each, scenario, seconds]) => ({ ...each, scenario, seconds }));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('delta' as const),
      // As with deduplication: each key once.
      added: fc.uniqueArray(told, { maxLength: 6, selector: keyOf }),
      deleted: fc.array(row, { maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 30, 300) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'merge' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'store' } as const) },
);

const PROBES = ['198.51.100.7', '198.51.100.99', '198.51.100.200', '192.0.2.1', '2001:db8::b', '2001:db8:1::', '::1'];
const GEO = { country: 'FR', asn: 64_496 };

function placeOf({ scope, type, value }: Row): string {
  return `${decisionFeed(scope, type, value)} ${nameOf(scope, value)}`;
}

function keyOf({ scope, type, value }: Row): string {
  return `${scope}|${type}|${value}`;
}

/** The oracle: what LAPI has told, by scope, type and the value as written. */
class Oracle {
  readonly #rows = new Map<string, Told & { readonly until: number }>();

  apply({ added, deleted }: Extract<Step, { kind: 'delta' }>, now: number): void {
    for (const each of deleted) this.#rows.delete(keyOf(each));
    for (const each of added) this.#rows.set(keyOf(each), { ...each, until: untilOf(now + each.seconds * 1000) });
  }

  about(ip: string, now: number): readonly string[] {
    return [...this.#rows.values()]
      .filter(({ until, scope, value }) => until * 1000 > now && applies(scope, value, ip))
      .map(
        ({ type, scenario, until, scope, value }) =>
          `${type.toLowerCase()} ${scenario} ${until * 1000} ${nameOf(scope, value)}`,
      )
      .sort();
  }
}

function applies(scope: string, value: string, ip: string): boolean {
  if (scope === 'Country') return countryKey(value) === countryKey(GEO.country);
  if (scope === 'AS') return asKey(value) === GEO.asn;
  const [held, asked] = [parsePrefix(value)!, parsePrefix(ip)!];
  return held.family === asked.family && formatPrefix(cut(asked, held.length)) === formatPrefix(held);
}

function cut(prefix: IpPrefix, length: number): IpPrefix {
  return parsePrefix(`${formatPrefix(prefix)}/${length}`)!;
}

function nameOf(scope: string, value: string): string {
  if (scope === 'Country') return value.toUpperCase();
  if (scope === 'AS') return String(asKey(value));
  return formatPrefix(parsePrefix(value)!);
}

/** What the index says, alike. */
function heldAbout(index: LayeredIndex, ip: string, now: number): readonly string[] {
  return index
    .matches(ip, now, GEO)
    .map(({ type, scenario, expiresAt, value }) => `${type} ${scenario} ${expiresAt} ${value}`)
    .sort();
}

function deltaOf({ added, deleted }: Extract<Step, { kind: 'delta' }>, now: number): ReturnType<DeltaBuilder['build']> {
  const delta = new DeltaBuilder();
  const add = ({ scope, type, value }: Row, scenario: string, until: number): void => {
    const feed = decisionFeed(scope, type, value);
    const source = delta.sourceId({ feed, origin: 'cscli', type: type.toLowerCase(), scenario, allow: false });
    delta.add(kindOfScope(scope)!, value, source, until);
  };
  for (const each of deleted) add(each, '', 0);
  for (const each of added) add(each, each.scenario, untilOf(now + each.seconds * 1000));
  return delta.build();
}

describe('decisions in a base and an overlay', () => {
  it('are what was told last of each scope, type and value as written, whatever is merged or stored in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const oracle = new Oracle();
        let index = LayeredIndex.empty;
        let now = START;
        for (const each of steps) {
          if (each.kind === 'wait') now += each.seconds * 1000;
          if (each.kind === 'merge') index = await index.merged({ now });
          if (each.kind === 'store') index = new LayeredIndex(await stored((await index.merged({ now })).base));
          if (each.kind === 'delta') {
            oracle.apply(each, now);
            await index.apply(deltaOf(each, now), { now, use: (next) => (index = next) });
          }
          for (const ip of PROBES) expect(heldAbout(index, ip, now)).toEqual(oracle.about(ip, now));
        }
      }),
      { numRuns: propertyRuns(RUNS) },
    );
  });

  it('never leave a decision out on the way from one delta to the next', async () => {
    const engine = new RemediationEngine({ clock: systemClock });
    const rows = Array.from({ length: 3_000 }, (_, i): Told => ({
      scope: 'Ip',
      type: 'ban',
      value: `20.0.${i >> 8}.${i & 255}`,
      scenario: 'a/one',
      seconds: 3_600,
    }));
    let index = LayeredIndex.empty;
    const now = Date.now();
    const use = (next: LayeredIndex): void => {
      index = next;
      engine.swapLayer(next);
    };
    await index.apply(deltaOf({ kind: 'delta', added: rows, deleted: [] }, now), { now, use });
    index = await index.merged({ now });
    use(index);
    // All of them anew: by the same source, by another one, and back.
    for (const scenario of ['a/one', 'a/two', 'a/one']) {
      const added = rows.map((each, i) => ({ ...each, scenario, seconds: 1_800 + i }));
      const applied = index.apply(deltaOf({ kind: 'delta', added, deleted: [] }, now), { now, use });
      let isDone = false;
      void applied.finally(() => (isDone = true));
      do {
        await new Promise((resolve) => setImmediate(resolve));
        const free = rows.filter(({ value }) => engine.getIpRemediation(value).remediation !== 'ban');
        expect(free).toEqual([]);
      } while (!isDone);
    }
  });
});

/** Written to a store and read again, as a follower does. */
async function stored(index: DecisionIndex): Promise<DecisionIndex> {
  const { head, chunks } = index.toBlob();
  const bytes = Uint8Array.from(Buffer.concat(chunks));
  const read = DecisionIndex.fromBlob({ head: JSON.parse(JSON.stringify(head)) as typeof head, chunks: [bytes] });
  await checkIndex(read, new EventLoopYielder());
  return read;
}
