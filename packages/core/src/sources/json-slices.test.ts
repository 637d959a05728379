import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { parseJsonInSlices } from './json-slices.js';
import { propertyRuns } from '../../test/property-runs.js';

const filler = 'x'.repeat(70_000);

describe('parseJsonInSlices', () => {
  it('reads what JSON.parse reads, large parts among small ones', async () => {
    const large = fc.constantFrom(
      { big: filler },
      [filler, filler],
      Array.from({ length: 3000 }, (_, i) => ({ i, s: `"\\,[]{}` })),
    );
    const json = fc.oneof(fc.jsonValue(), large);
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string(), json),
        fc.array(json),
        fc.constantFrom(0, 1),
        async (object, array, indent) => {
          for (const value of [object, array, { ...object, array, [filler]: { array } }]) {
            const text = JSON.stringify(value, undefined, indent);
            expect(
              JSON.stringify(await parseJsonInSlices(text, new EventLoopYielder())) ===
                JSON.stringify(JSON.parse(text)),
            ).toBe(true);
          }
        },
      ),
      { numRuns: propertyRuns(12) },
    );
  });

  it.each([
    `["${filler}",]`,
    `["${filler}" "${filler}"]`,
    `{"a":"${filler}"`,
    `{"a":"${filler}",}`,
    `{"a":["${filler}"}]`,
    `["${filler}]`,
    `["${filler}"]]`,
    `{"a" "${filler}"}`,
    `[,"${filler}"]`,
    'oops',
  ])('refuses what JSON.parse refuses (%#)', async (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    const parsing = parseJsonInSlices(text, new EventLoopYielder()).then(() => 'accepted');
    await expect(parsing).rejects.toBeInstanceOf(SyntaxError);
  });

  it.each(['[', '{"a":', '[[{"b":[', '[0,'])('refuses what is nested too deep, however large: %s', async (open) => {
    for (const text of [
      open.repeat(300_000),
      `${open.repeat(300_000)}0${']'.repeat(300_000)}`,
      `{"new":${open.repeat(300_000)}}`,
      `[${open.repeat(300_000)}]`,
    ]) {
      await expect(parseJsonInSlices(text, new EventLoopYielder())).rejects.toBeInstanceOf(SyntaxError);
    }
    const closed = `[${'['.repeat(200_000)}${']'.repeat(200_000)}]`;
    await expect(parseJsonInSlices(closed, new EventLoopYielder())).rejects.toThrow('nested deeper than 32 levels');
  });
});
