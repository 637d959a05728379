import { describe, expect, it } from 'vitest';
import { DecisionIndex } from '../decisions/decision-index.js';
import { DeltaBuilder } from '../decisions/decision-delta.js';
import { LocalDecisions } from '../decisions/local-decisions.js';
import { NEVER } from '../decisions/row-source.js';
import { parseIp } from '../ip/address.js';
import { silentLogger } from '../logger.js';
import { manualTime } from '../testing/manual-time.js';
import { RemediationEngine, type RemediationEngineOptions } from './remediation-engine.js';

const HOUR = 3_600_000;

describe('RemediationEngine', () => {
  it('says whose word it is and how long it holds', async () => {
    const { engine, now } = await setUp({ rows: [['1.2.3.4', 'ban']] });
    expect(engine.getIpRemediation('1.2.3.4')).toEqual({
      remediation: 'ban',
      origin: 'lists:ban',
      scenario: 'ban',
      expiresAt: now + HOUR,
    });
    expect(engine.getIpRemediation('1.2.3.5')).toEqual({ remediation: 'bypass', origin: 'clean' });
  });

  it('never throws, whatever it is asked', async () => {
    const { engine } = await setUp({
      rows: [
        ['0.0.0.0/0', 'ban'],
        ['::/0', 'ban'],
      ],
    });
    for (const ip of ['', 'x', '1.2.3', '1.2.3.4 ', undefined, null, 7, {}]) {
      expect(engine.getIpRemediation(ip as string)).toEqual({ remediation: 'bypass', origin: 'invalid' });
    }
  });

  it('answers unavailable before anything was loaded, but for local decisions', () => {
    const time = manualTime();
    const local = new LocalDecisions();
    const engine = new RemediationEngine({ clock: time.clock, local });
    local.add({ value: '1.2.3.4', type: 'ban', durationMs: 1000, scenario: 'a/b' }, time.clock.now());
    expect(engine.getIpRemediation('5.6.7.8')).toEqual({ remediation: 'bypass', origin: 'unavailable' });
    expect(engine.getIpRemediation('1.2.3.4')).toMatchObject({
      remediation: 'ban',
      origin: 'crowdsec',
      scenario: 'a/b',
    });
    engine.swap(DecisionIndex.empty);
    expect(engine.getIpRemediation('5.6.7.8')).toEqual({ remediation: 'bypass', origin: 'clean' });
  });

  it('weighs local decisions with the others; allow beats them too', async () => {
    const local = new LocalDecisions();
    const { engine, now } = await setUp(
      {
        rows: [
          ['1.1.1.1', 'captcha'],
          ['2.2.2.2', 'ban'],
          ['3.3.3.3', 'allow'],
        ],
      },
      { local },
    );
    for (const [value, type] of [
      ['1.1.1.1', 'ban'],
      ['2.2.2.2', 'captcha'],
      ['3.3.3.3', 'ban'],
      ['4.4.4.4', 'unheard-of'],
    ] as const) {
      local.add({ value, type, durationMs: 1000, scenario: 'a/b' }, now);
    }
    const origins = ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'].map((ip) => engine.getIpRemediation(ip).origin);
    expect(origins).toEqual(['crowdsec', 'lists:ban', 'lists:allow', 'clean']);
    expect(engine.explain('2.2.2.2').map(({ origin, type }) => [origin, type])).toEqual([
      ['lists:ban', 'ban'],
      ['crowdsec', 'captcha'],
    ]);
  });

  it('tells what is allow-listed', async () => {
    const { engine } = await setUp({
      rows: [
        ['10.0.0.0/8', 'allow'],
        ['10.0.0.1', 'ban'],
      ],
    });
    expect(engine.isAllowed(parseIp('10.0.0.1')!)).toBe(true);
    expect(engine.isAllowed(parseIp('11.0.0.1')!)).toBe(false);
    expect(engine.getIpRemediation('10.0.0.1')).toEqual({
      remediation: 'bypass',
      origin: 'lists:allow',
      scenario: 'allow',
    });
  });

  it('asks where an address is only when country or AS decisions are held', async () => {
    let asked = 0;
    const geo = () => {
      asked++;
      return { country: 'fr', asn: 'AS64500' };
    };
    const without = await setUp({ rows: [['1.2.3.4', 'ban']] }, { geo });
    without.engine.getIpRemediation('1.2.3.4');
    expect(asked).toBe(0);
    const { engine } = await setUp(
      { rows: [['1.2.3.4', 'ban']], countries: [['FR', 'captcha']], systems: [['64500', 'ban']] },
      { geo },
    );
    expect(engine.getIpRemediation('9.9.9.9')).toMatchObject({ remediation: 'ban' });
    expect(asked).toBe(1);
    expect(engine.explain('1.2.3.4').map(({ scope, value }) => `${scope} ${value}`)).toEqual([
      'ip 1.2.3.4',
      'as 64500',
      'country FR',
    ]);
  });

  it('takes a geo that throws for one that knows nothing, and says so once', async () => {
    const warnings: string[] = [];
    const logger = {
      debug: () => undefined,
      info: () => undefined,
      warn: (text: string) => warnings.push(text),
      error: () => undefined,
    };
    const geo = () => {
      throw new Error('no such file');
    };
    const { engine } = await setUp({ rows: [['1.2.3.4', 'ban']], countries: [['FR', 'ban']] }, { geo, logger });
    expect(engine.getIpRemediation('1.2.3.4').remediation).toBe('ban');
    expect(engine.getIpRemediation('9.9.9.9').origin).toBe('clean');
    expect(warnings).toHaveLength(1);
  });

  it.each([
    [{ remediations: [] }, 'options.remediations'],
    [{ remediations: ['ban'], fallbackRemediation: 'captcha' }, 'options.fallbackRemediation'],
    [{ bouncingLevel: 'x' }, 'options.bouncingLevel'],
    [{ geo: 7 }, 'options.geo'],
    [{ remediation: ['ban'] }, 'options.remediation'],
  ])('refuses %j', (options, path) => {
    const build = (): unknown =>
      new RemediationEngine({ clock: manualTime().clock, ...options } as RemediationEngineOptions);
    expect(build).toThrow(expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }) as Error);
  });

  it.each([
    ['normal', ['mfa', 'ban', 'captcha'], 'mfa', 'mfa'],
    ['flex', ['mfa', 'ban', 'captcha'], 'mfa', 'captcha'],
    ['flex', ['ban', 'captcha', 'slow'], 'slow', 'slow'],
    ['flex', ['ban'], 'ban', 'captcha'],
    ['disabled', ['ban'], 'ban', 'bypass'],
  ] as const)('caps at level %s with %j: %s becomes %s', async (bouncingLevel, remediations, type, expected) => {
    const { engine } = await setUp({ rows: [['1.2.3.4', type]] }, { bouncingLevel, remediations: [...remediations] });
    expect(engine.getIpRemediation('1.2.3.4').remediation).toBe(expected);
  });

  it('refuses a geo that answers by a promise, and says so once', async () => {
    const errors: string[] = [];
    const logger = { ...silentLogger, error: (text: string) => errors.push(text) };
    const geo = (): never => Promise.reject(new Error('late')) as never;
    const held = { rows: [['1.2.3.4', 'ban'] as const], countries: [['FR', 'ban'] as const] };
    const { engine } = await setUp(held, { geo, logger });
    for (let i = 0; i < 2; i++) expect(engine.getIpRemediation('5.6.7.8').remediation).toBe('bypass');
    expect(errors).toEqual([expect.stringMatching(/options\.geo answered by a promise/)]);
    expect(engine.refusedOptions).toEqual(['options.geo']);
  });

  it.each([
    ['normal', ['throttle', 'captcha']],
    ['flex', ['ban', 'throttle', 'captcha']],
    ['disabled', []],
  ] as const)('says once of which types held decisions have no remedy, at level %s', async (bouncingLevel, types) => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (text: string) => warnings.push(text) };
    const local = new LocalDecisions();
    const rows = [
      ['1.2.3.4', 'ban'],
      ['1.2.3.5', 'throttle'],
      ['1.2.3.6', 'allow'],
    ] as const;
    const { engine, now } = await setUp({ rows }, { bouncingLevel, logger, local });
    local.add({ value: '1.2.3.7', type: 'captcha', durationMs: 1000, scenario: 'a/b' }, now);
    engine.useRemedies((remediation) => remediation !== 'ban');
    engine.swap(engine.index);
    expect(engine.typesWithoutRemedy).toEqual(types);
    expect(warnings.map((text) => /of type (\w+) have no remedy/.exec(text)?.[1])).toEqual(types);
  });

  it('answers a miss with one object that is always the same', async () => {
    const { engine } = await setUp({ rows: [] });
    expect(engine.getIpRemediation('1.2.3.4')).toBe(engine.getIpRemediation('::1'));
    expect(Object.isFrozen(engine.getIpRemediation('1.2.3.4'))).toBe(true);
  });
});

type Rows = readonly (readonly [value: string, type: string])[];

async function setUp(
  held: { rows: Rows; countries?: Rows; systems?: Rows },
  options: Partial<RemediationEngineOptions> = {},
) {
  const { clock } = manualTime();
  const now = clock.now();
  const delta = new DeltaBuilder();
  for (const [kind, rows] of [
    ['address', held.rows],
    ['country', held.countries ?? []],
    ['as', held.systems ?? []],
  ] as const) {
    for (const [value, type] of rows) {
      const allow = type === 'allow';
      const source = delta.sourceId({ feed: `list:${type}`, origin: `lists:${type}`, type, scenario: type, allow });
      delta.add(kind, value, source, allow ? NEVER : (now + HOUR) / 1000);
    }
  }
  const engine = new RemediationEngine({ clock, ...options });
  engine.swap(await DecisionIndex.empty.apply(delta.build(), { now }));
  return { engine, now };
}
