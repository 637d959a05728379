import { describe, expect, it } from 'vitest';
import { feed, observed, times } from '../test/feed.js';
import { contactSpam } from './contact-spam.js';

const scenario = () => contactSpam({ vendor: 'acme' });
const messages = (count: number, everySeconds: number, digest: (i: number) => string) =>
  times(count, (i) => observed('app:contact-submitted', { digest: digest(i) }, { second: i * everySeconds }));

describe('contact spam', () => {
  it('is many messages from one address', async () => {
    expect(
      await feed(
        scenario(),
        messages(7, 10, (i) => `digest-${i}`),
      ),
    ).toMatchObject([{ scenario: 'acme/contact-spam', signal: 'decision', eventCount: 7 }]);
    expect(
      await feed(
        scenario(),
        times(7, () => observed('app:contact-submitted')),
      ),
    ).toHaveLength(1);
  });

  it('is one message again and again, even slowly', async () => {
    const slowly = 11 * 60;
    expect(
      await feed(
        scenario(),
        messages(20, slowly, () => 'same'),
      ),
    ).not.toEqual([]);
    expect(
      await feed(
        scenario(),
        messages(20, slowly, (i) => `digest-${i}`),
      ),
    ).toEqual([]);
  });

  it('is not a button that was pressed three times', async () => {
    expect(
      await feed(
        scenario(),
        messages(3, 1, () => 'same'),
      ),
    ).toEqual([]);
  });

  it('is not the same message of many people', async () => {
    const many = times(100, (i) => observed('app:contact-submitted', { digest: 'hello' }, { ip: `198.51.100.${i}` }));
    expect(await feed(scenario(), many)).toEqual([]);
  });
});
