import type { BucketOptions, Extension } from '@crowdsec-sdk/core/extension';
import { countingScenario } from './counting-scenario.js';
import { factOf } from './fact.js';
import { bucketOf, type CountingOptions } from './scenario-options.js';

export interface ContactSpamOptions extends CountingOptions {
  /** The threshold for one message, told apart by `digest`: 4 at once, one every hour, by default. */
  readonly same?: Partial<BucketOptions> | undefined;
}

/**
 * Spam by a contact form: `app:contact-submitted` again and again from one address, and, if the application tells a
 * `digest` (a hash of the message), the same message again and again.
 *
 * By default 7 messages at once or more than six an hour for long, and the fifth copy of one message within hours.
 * Somebody who presses the button three times is no spammer.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function contactSpam(options: ContactSpamOptions): Extension {
  return countingScenario({
    name: 'contact-spam',
    behavior: 'http:spam',
    options,
    rules: [
      {
        name: 'messages',
        on: ['app:contact-submitted'],
        bucket: bucketOf(options, { capacity: 6, leakspeed: '10m', blackhole: '5m' }),
        counts: () => ({}),
        signal: 'decision',
      },
      {
        name: 'copies',
        on: ['app:contact-submitted'],
        bucket: bucketOf(options.same, { capacity: 4, leakspeed: '1h', blackhole: '5m' }),
        path: 'options.same',
        counts(event) {
          const digest = factOf(event, 'digest');
          return digest === undefined ? undefined : { within: digest.slice(0, MAX_DIGEST_CHARS) };
        },
        signal: 'decision',
      },
    ],
  });
}

/** As many characters as SHA-256 has in hexadecimal: each group keeps its name in memory. */
const MAX_DIGEST_CHARS = 64;
