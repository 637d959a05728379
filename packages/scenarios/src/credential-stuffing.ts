import type { Extension } from '@crowdsec-sdk/core/extension';
import { countingScenario } from './counting-scenario.js';
import { factOf } from './fact.js';
import { bucketOf, type CountingOptions } from './scenario-options.js';

/**
 * Failed logins of many users from one address: stolen credentials being tried. It counts different `user` facts of
 * `app:login-failed`; a hash of the name will do.
 *
 * By default 21 users at once, or more than 20 an hour for long: slower than what {@link loginBruteforce} finds, and
 * wider than what the people of one office mistype.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function credentialStuffing(options: CountingOptions): Extension {
  return countingScenario({
    name: 'credential-stuffing',
    behavior: 'http:bruteforce',
    options,
    rules: [
      {
        name: 'users',
        on: ['app:login-failed'],
        bucket: bucketOf(options, { capacity: 20, leakspeed: '3m', blackhole: '5m' }),
        counts(event) {
          const user = factOf(event, 'user');
          return user === undefined ? undefined : { distinct: user.toLowerCase() };
        },
        signal: 'decision',
      },
    ],
  });
}
