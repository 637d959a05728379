import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCrowdsecError } from '../errors.js';
import { checkedReport, plainReport } from './report-schema.js';
import { propertyRuns } from '../../test/property-runs.js';

const DECLARED = new Set(['acme/http-404', 'acme/x']);
const text = fc.oneof(fc.string(), fc.constantFrom('ban', ' ban', 'ban ', '', 'x'.repeat(50), 'x'.repeat(51)));
const duration = fc.oneof(fc.constantFrom('4h', '24h0m0s', '0', '0s', '-1h', '4', ' 4h', '1.5s', '4 h'), fc.anything());
const decision = fc.oneof(
  fc.record({ type: fc.oneof(text, fc.anything()), duration }, { requiredKeys: [] }),
  fc.record({ type: text, duration, other: fc.anything() }),
  fc.anything(),
);
const scenario = fc.oneof(
  fc.constantFrom('acme/http-404', 'acme/', '/x', 'Acme/x', 'acme/x\n', 'a/b/c', ' acme/x'),
  fc.anything(),
);
const count = fc.oneof(
  fc.constantFrom(0, 1, -1, 1.5, 2 ** 53, 2 ** 53 - 1, Number.NaN, Infinity, '1', 1n),
  fc.anything(),
);
const date = fc.oneof(fc.date(), fc.constant(new Date(Number.NaN)), fc.constantFrom(0, '2026-01-01'), fc.anything());
/** Each key most often right, so that whole reports are, too. */
const mostly = (right: unknown, any: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: fc.constant(right), weight: 4 }, { arbitrary: any, weight: 1 });
const report = fc.record(
  {
    ip: fc.anything(),
    range: fc.anything(),
    scenario: mostly('acme/http-404', scenario),
    message: fc.anything(),
    eventCount: mostly(3, count),
    startAt: mostly(new Date(1), date),
    stopAt: mostly(undefined, date),
    context: fc.anything(),
    decision: mostly({ type: 'ban', duration: '4h' }, decision),
  },
  { requiredKeys: ['scenario'] },
);
const given = fc.oneof(
  { arbitrary: report, weight: 8 },
  {
    arbitrary: fc.tuple(report, fc.dictionary(fc.string(), fc.anything())).map(([a, b]) => ({ ...b, ...a })),
    weight: 1,
  },
  { arbitrary: report.map((own) => Object.create(own) as unknown), weight: 1 },
  { arbitrary: report.map((own) => Object.assign([], own) as unknown), weight: 1 },
  { arbitrary: fc.anything(), weight: 1 },
);

describe('a report that is taken without the schemas', () => {
  for (const kind of ['decision', 'whisper'] as const) {
    it(`is what the schemas make of it: ${kind}`, () => {
      let plain = 0;
      fc.assert(
        fc.property(given, (input) => {
          const taken = plainReport(input, kind, DECLARED);
          if (taken === undefined) return;
          plain++;
          expect(taken).toEqual(checkedReport(input, kind, 'report'));
        }),
        { numRuns: propertyRuns(3_000) },
      );
      expect(plain).toBeGreaterThan(100);
    });

    it(`leaves what they refuse to them: ${kind}`, () => {
      fc.assert(
        fc.property(given, (input) => {
          try {
            checkedReport(input, kind, 'report');
          } catch (error) {
            expect(isCrowdsecError(error, 'CROWDSEC_OPTION_INVALID')).toBe(true);
            expect(plainReport(input, kind, DECLARED)).toBeUndefined();
          }
        }),
        { numRuns: propertyRuns(1_000) },
      );
    });
  }

  it.each([
    { ip: '192.0.2.1', scenario: 'acme/http-404' },
    { ip: undefined, scenario: 'acme/http-404', message: undefined, eventCount: undefined, startAt: undefined },
    { range: '192.0.2.0/24', scenario: 'acme/x', context: { a: 1 }, decision: { type: 'captcha', duration: '1h' } },
    {
      ip: '192.0.2.1',
      scenario: 'acme/x',
      stopAt: new Date(1),
      startAt: new Date(0),
      eventCount: 2,
      decision: undefined,
    },
  ])('is any that applications write: %j', (input) => {
    expect(plainReport(input, 'decision', DECLARED)).toEqual(checkedReport(input, 'decision', 'report'));
  });
});
