import { describe, expect, it } from 'vitest';
import { feed, observed, times } from '../test/feed.js';
import { cardTesting } from './card-testing.js';

const scenario = () => cardTesting({ vendor: 'acme' });
const failures = (count: number, everySeconds: number, card?: (i: number) => string) =>
  times(count, (i) => observed('app:payment-failed', card ? { card: card(i) } : {}, { second: i * everySeconds }));

describe('card testing', () => {
  it('is the fifth card that fails, even slowly', async () => {
    expect(
      await feed(
        scenario(),
        failures(5, 1, (i) => `card-${i}`),
      ),
    ).toMatchObject([{ scenario: 'acme/card-testing', signal: 'decision', eventCount: 5 }]);
    expect(
      await feed(
        scenario(),
        failures(20, 10 * 60, (i) => `card-${i}`),
      ),
    ).not.toEqual([]);
  });

  it('is many failures where nobody tells the card', async () => {
    expect(await feed(scenario(), failures(10, 1))).toEqual([]);
    expect(await feed(scenario(), failures(11, 1))).toHaveLength(1);
  });

  it('is not somebody whose card is declined, and who tries another one', async () => {
    expect(
      await feed(
        scenario(),
        failures(8, 30, (i) => (i < 5 ? 'mine' : 'yours')),
      ),
    ).toEqual([]);
  });
});
