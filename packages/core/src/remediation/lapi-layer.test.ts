import { describe, expect, it } from 'vitest';
import { DeltaBuilder } from '../decisions/decision-delta.js';
import { DecisionIndex } from '../decisions/decision-index.js';
import { LayeredIndex } from '../decisions/layered-index.js';
import { LocalDecisions } from '../decisions/local-decisions.js';
import { kindOfScope } from '../decisions/row-set.js';
import { untilOf } from '../decisions/row-source.js';
import { parseIp } from '../ip/address.js';
import { manualTime } from '../testing/manual-time.js';
import { RemediationEngine, type RemediationEngineOptions } from './remediation-engine.js';

const { clock } = manualTime();

interface Row {
  readonly value: string;
  readonly scope?: string;
  readonly type?: string;
  readonly feed?: string;
  readonly origin?: string;
  readonly scenario?: string;
  readonly seconds?: number;
  readonly allow?: boolean;
}

function deltaOf(rows: readonly Row[], feedOf: (row: Row) => string): ReturnType<DeltaBuilder['build']> {
  const delta = new DeltaBuilder();
  for (const row of rows) {
    const {
      value,
      scope = 'ip',
      type = 'ban',
      origin = 'CAPI',
      scenario = 'a/bf',
      seconds = 3_600,
      allow = false,
    } = row;
    const source = delta.sourceId({ feed: row.feed ?? feedOf(row), origin, type, scenario, allow });
    delta.add(kindOfScope(scope)!, value, source, untilOf(clock.now() + seconds * 1_000));
  }
  return delta.build();
}

const capi = (rows: readonly Row[]): Promise<DecisionIndex> =>
  DecisionIndex.empty.apply(
    deltaOf(rows, () => 'CAPI'),
    { now: clock.now() },
  );

async function lapi(base: readonly Row[], overlay: readonly Row[] = []): Promise<LayeredIndex> {
  const feedOf = ({ scope = 'ip', type = 'ban' }: Row): string => `lapi:${scope}:${type}`;
  const index = await DecisionIndex.empty.apply(deltaOf(base, feedOf), { now: clock.now() });
  let layer = new LayeredIndex(index);
  await layer.apply(deltaOf(overlay, feedOf), { now: clock.now(), use: (next) => (layer = next) });
  return layer;
}

function engineWith(options: Partial<RemediationEngineOptions> = {}): RemediationEngine {
  return new RemediationEngine({ clock, ...options });
}

describe('decisions of LAPI beside those of CAPI and of the installation', () => {
  it('make addresses clean that nobody holds, from the first time on that they are there', async () => {
    const engine = engineWith();
    expect(engine.getIpRemediation('192.0.2.1').origin).toBe('unavailable');
    engine.swapLayer(LayeredIndex.empty);
    expect(engine.getIpRemediation('192.0.2.1').origin).toBe('clean');
    engine.swapLayer(await lapi([{ value: '198.51.100.7', origin: 'cscli' }]));
    expect(engine.getIpRemediation('198.51.100.7')).toMatchObject({ remediation: 'ban', origin: 'cscli' });
    expect(engine.getIpRemediation('::ffff:198.51.100.7').remediation).toBe('ban');
  });

  it.each([
    { in: 'the base', base: 'ban', overlay: 'captcha' },
    { in: 'the overlay', base: 'captcha', overlay: 'ban' },
  ])('are the strongest of base, overlay and CAPI: a ban in $in', async ({ base, overlay }) => {
    const engine = engineWith();
    engine.swap(await capi([{ value: '198.51.100.0/24', type: 'captcha' }]));
    engine.swapLayer(
      await lapi(
        [{ value: '198.51.100.7', type: base, origin: 'base' }],
        [{ value: '198.51.100.7', type: overlay, origin: 'overlay' }],
      ),
    );
    const origin = base === 'ban' ? 'base' : 'overlay';
    expect(engine.getIpRemediation('198.51.100.7')).toMatchObject({ remediation: 'ban', origin });
    expect(engine.explain('198.51.100.7').map((match) => match.type)).toEqual(['ban', 'captcha', 'captcha']);
    expect(engine.explain('198.51.100.7')[0]).toMatchObject({ origin });
  });

  it('give way to a stronger decision of CAPI, to an allowlist, and of equals to a local decision', async () => {
    const local = new LocalDecisions();
    const engine = engineWith({ local });
    engine.swapLayer(
      await lapi([{ value: '198.51.100.0/24', type: 'captcha', origin: 'cscli' }, { value: '2001:db8::/32' }]),
    );
    engine.swap(
      await capi([
        { value: '198.51.100.1' },
        { value: '2001:db8::1', feed: 'allowlist:a', origin: 'lists:a', type: 'allow', allow: true },
      ]),
    );
    expect(engine.getIpRemediation('198.51.100.1')).toMatchObject({ remediation: 'ban', origin: 'CAPI' });
    expect(engine.getIpRemediation('198.51.100.2')).toMatchObject({ remediation: 'captcha', origin: 'cscli' });
    expect(engine.getIpRemediation('2001:db8::1')).toMatchObject({ remediation: 'bypass', origin: 'lists:a' });
    expect([engine.isAllowed(parseIp('2001:db8::1')!), engine.isAllowed(parseIp('2001:db8::2')!)]).toEqual([
      true,
      false,
    ]);
    local.add({ value: '198.51.100.2', type: 'captcha', durationMs: 1_000, scenario: 'x/y' }, clock.now());
    expect(engine.getIpRemediation('198.51.100.2').origin).toBe('crowdsec');
    expect(engine.explain('198.51.100.2').map(({ origin }) => origin)).toEqual(['crowdsec', 'cscli']);
  });

  it('are about countries and networks too, in either layer', async () => {
    const engine = engineWith({ geo: (ip: string) => (ip === '192.0.2.1' ? { country: 'FR', asn: 64_496 } : {}) });
    engine.swapLayer(
      await lapi([{ value: 'FR', scope: 'country', type: 'captcha' }], [{ value: '64496', scope: 'as' }]),
    );
    expect(engine.getIpRemediation('192.0.2.1').remediation).toBe('ban');
    expect(engine.getIpRemediation('192.0.2.2').remediation).toBe('bypass');
    expect(engine.explain('192.0.2.1').map(({ scope }) => scope)).toEqual(['as', 'country']);
  });

  it('are counted by origin together with those of CAPI, and known by types that no remedy serves', async () => {
    const engine = engineWith();
    engine.useRemedies((type) => type !== 'ban');
    engine.swap(await capi([{ value: '198.51.100.1' }]));
    engine.swapLayer(
      await lapi([{ value: '198.51.100.1' }], [{ value: '198.51.100.2', origin: 'cscli', type: 'throttle' }]),
    );
    expect(engine.counts(clock.now())).toEqual({ CAPI: 2, cscli: 1 });
    expect(engine.size).toBe(3);
    expect(engine.typesWithoutRemedy).toEqual(['throttle']);
  });
});

describe('the option ignore', () => {
  const rows: readonly Row[] = [
    { value: '198.51.100.1', origin: 'CAPI', scenario: 'crowdsecurity/ssh-bf' },
    { value: '198.51.100.2', origin: 'lists:Tor-exit', scenario: 'tor-exit' },
    { value: '198.51.100.3', type: 'throttle', origin: 'cscli', scenario: 'manual' },
    { value: '203.0.0.0/15', origin: 'cscli', scenario: 'wide' },
    { value: '203.0.112.0/24', origin: 'cscli', scenario: 'narrow' },
    { value: '2001:db8::/32', origin: 'cscli', scenario: 'wide' },
  ];
  const all = ['198.51.100.1', '198.51.100.2', '198.51.100.3', '203.1.0.1', '203.0.112.1', '2001:db8::1'];
  const types = { remediations: ['ban', 'throttle'] };

  async function blockedBy(ignore: NonNullable<RemediationEngineOptions['ignore']>): Promise<{
    readonly left: readonly string[];
    readonly engine: RemediationEngine;
  }> {
    const engine = engineWith({ ...types, ignore });
    engine.swap(await capi(rows));
    engine.swapLayer(await lapi(rows.slice(0, 3), rows.slice(3)));
    const left = all.filter((ip) => engine.getIpRemediation(ip).remediation === 'bypass');
    for (const ip of left) expect(engine.explain(ip)).toEqual([]);
    return { left, engine };
  }

  it.each([
    { ignore: {}, left: [], counted: {} },
    { ignore: { origins: ['capi'] }, left: ['198.51.100.1'], counted: { origins: 2 } },
    { ignore: { origins: ['lists:tor-EXIT'] }, left: ['198.51.100.2'], counted: { origins: 2 } },
    { ignore: { origins: ['lists'] }, left: ['198.51.100.2'], counted: { origins: 2 } },
    { ignore: { scenarios: ['SSH'] }, left: ['198.51.100.1'], counted: { scenarios: 2 } },
    { ignore: { scenarios: ['crowdsecurity/*-bf'] }, left: ['198.51.100.1'], counted: { scenarios: 2 } },
    { ignore: { types: ['Throttle'] }, left: ['198.51.100.3'], counted: { types: 2 } },
    { ignore: { widerThan: { ipv4: 16 } }, left: ['203.1.0.1'], counted: { widerThan: 2 } },
    { ignore: { widerThan: { ipv4: 15, ipv6: 33 } }, left: ['2001:db8::1'], counted: { widerThan: 2 } },
  ])('leaves $left alone by $ignore, and counts them', async ({ ignore, left: expected, counted }) => {
    const { left, engine } = await blockedBy(ignore);
    expect(left).toEqual(expected);
    expect(engine.ignored).toEqual({ origins: 0, scenarios: 0, types: 0, widerThan: 0, ...counted });
  });

  it('applies the narrower decision inside a range that is too wide', async () => {
    const { engine } = await blockedBy({ widerThan: { ipv4: 16, ipv6: 48 } });
    expect(engine.getIpRemediation('203.0.112.1')).toMatchObject({ remediation: 'ban', scenario: 'narrow' });
    expect(engine.explain('203.0.112.1').map(({ value }) => value)).toEqual(['203.0.112.0/24', '203.0.112.0/24']);
  });

  it('leaves allowlists, decisions of the installation and sources of the application alone', async () => {
    const local = new LocalDecisions();
    const ignore = { origins: ['lists', 'crowdsec', 'own'], scenarios: ['*'], types: ['ban'], widerThan: { ipv4: 32 } };
    const engine = engineWith({ local, ignore });
    engine.swap(
      await capi([
        { value: '198.51.100.0/24', feed: 'allowlist:a', origin: 'lists:a', type: 'allow', allow: true },
        { value: '203.0.113.0/24', feed: 'own', origin: 'own' },
      ]),
    );
    local.add({ value: '192.0.2.0/24', type: 'ban', durationMs: 1_000, scenario: 'x/y' }, clock.now());
    expect(engine.isAllowed(parseIp('198.51.100.1')!)).toBe(true);
    expect(engine.getIpRemediation('203.0.113.1').remediation).toBe('ban');
    expect(engine.getIpRemediation('192.0.2.1').remediation).toBe('ban');
  });

  it.each([
    [{ widerThan: { ipv4: 33 } }, 'ignore.widerThan.ipv4'],
    [{ widerThan: { ipv6: -1 } }, 'ignore.widerThan.ipv6'],
    [{ origin: ['CAPI'] }, 'ignore.origin'],
    [{ types: [''] }, 'ignore.types[0]'],
  ])('is refused when it is %j', (ignore, path) => {
    expect(() => engineWith({ ignore: ignore as never })).toThrow(path);
  });
});
