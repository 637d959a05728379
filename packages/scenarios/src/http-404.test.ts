import { describe, expect, it } from 'vitest';
import { answered, feed, times } from '../test/feed.js';
import { http404 } from './http-404.js';

const scenario = () => http404({ vendor: 'acme' });
const missing = (count: number, perSecond: number) =>
  times(count, (i) => answered(`/missing-${i}`, 404, { second: i / perSecond }));

describe('404 probing', () => {
  it('is whispered about at first, and banned when it goes on', async () => {
    const whisper = { scenario: 'acme/http-404', signal: 'whisper', eventCount: 21 };
    expect(await feed(scenario(), missing(21, 10))).toMatchObject([whisper]);
    const outcomes = await feed(scenario(), missing(100, 10));
    expect(outcomes).toMatchObject([whisper, { signal: 'decision', decision: { type: 'ban' } }]);
    expect(outcomes[0]).not.toHaveProperty('decision');
  });

  it('is not a page with ten broken images, even for a whole office', async () => {
    const office = times(1_000, (i) => answered(`/image-${i % 10}.png`, 404, { second: i / 10 }));
    expect(await feed(scenario(), office)).toEqual([]);
  });

  it('is not a patient crawler that walks old links', async () => {
    const outcomes = await feed(scenario(), missing(1_000, 0.2));
    expect(outcomes.filter(({ signal }) => signal === 'decision')).toEqual([]);
  });

  it('is neither what exists nor what never got to the application', async () => {
    expect(
      await feed(
        scenario(),
        times(500, (i) => answered(`/page-${i}`, i % 2 ? 200 : 500)),
      ),
    ).toEqual([]);
    expect(
      await feed(
        scenario(),
        times(500, (i) => answered(`/missing-${i}`, 404, { action: 'block' })),
      ),
    ).toEqual([]);
  });

  it('has two thresholds to set', async () => {
    const strict = http404({ vendor: 'acme', capacity: 3, whisper: { capacity: 1 } });
    const outcomes = await feed(strict, missing(4, 10));
    expect(outcomes.map(({ signal, eventCount }) => [signal, eventCount])).toEqual([
      ['whisper', 2],
      ['decision', 4],
    ]);
  });
});
