import type { BucketOptions, Extension } from '@crowdsec-sdk/core/extension';
import { countingScenario } from './counting-scenario.js';
import { factOf } from './fact.js';
import { bucketOf, type CountingOptions } from './scenario-options.js';

export interface CardTestingOptions extends CountingOptions {
  /** The threshold for different cards, told apart by `card`: 4 at once, one every half an hour, by default. */
  readonly cards?: Partial<BucketOptions> | undefined;
}

/**
 * Stolen cards being tried: `app:payment-failed` again and again from one address or, if the application tells which
 * `card` it was, with many cards. **Give a keyed hash of the card, never its number**: facts are kept in memory, and
 * extensions see them.
 *
 * By default 11 failures at once or more than 12 an hour for long, and the fifth card. Somebody whose card is declined
 * tries it a few times, then another one.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function cardTesting(options: CardTestingOptions): Extension {
  return countingScenario({
    name: 'card-testing',
    behavior: 'ecommerce:fraud',
    options,
    rules: [
      {
        name: 'failures',
        on: ['app:payment-failed'],
        bucket: bucketOf(options, { capacity: 10, leakspeed: '5m', blackhole: '5m' }),
        counts: () => ({}),
        signal: 'decision',
      },
      {
        name: 'cards',
        on: ['app:payment-failed'],
        bucket: bucketOf(options.cards, { capacity: 4, leakspeed: '30m', blackhole: '5m' }),
        path: 'options.cards',
        counts(event) {
          const card = factOf(event, 'card');
          return card === undefined ? undefined : { distinct: card };
        },
        signal: 'decision',
      },
    ],
  });
}
