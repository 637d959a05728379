import { plainPath, type BucketOptions, type DetectionEvent, type Extension } from '@crowdsec-sdk/core/extension';
import { countingScenario, type Counted } from './counting-scenario.js';
import { factOf } from './fact.js';
import { bucketOf, type CountingOptions } from './scenario-options.js';

export interface LoginBruteforceOptions extends CountingOptions {
  /**
   * Where logins are sent to, if the application tells no `app:login-failed`: a POST to one of these paths that is
   * answered by one of `statuses` is a failure. Use one or the other, else a failure counts twice.
   */
  readonly paths?: readonly string[] | undefined;
  /** What a failed login on `paths` is answered with; 401 and 403 by default. */
  readonly statuses?: readonly number[] | undefined;
  /**
   * The threshold for the failures of all users of one address together, where the application tells who they are by `user`: three
   * times `capacity` at once, and one every 20 s, by default.
   */
  readonly together?: Partial<BucketOptions> | undefined;
}

/**
 * Many failed logins from one address: `app:login-failed`, or answers on `paths`.
 *
 * By default 11 failures at once, or more than one a minute for long. Somebody who mistypes a password five times is
 * far below that. Where the application tells the `user`, that holds for each user of an address, and for all of them
 * together 31 at once or more than three a minute: the people of an office have one address and mistype in the same
 * minutes.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function loginBruteforce(options: LoginBruteforceOptions): Extension {
  const { paths = [], statuses = [401, 403] } = options;
  const login = new Set(paths.map(plainPath));
  const counts = (event: DetectionEvent): Counted | undefined => {
    if (event.kind !== 'response') return { within: factOf(event, 'user')?.toLowerCase().slice(0, MAX_USER_CHARS) };
    const isRefusedPost = event.method === 'POST' && statuses.includes(event.status);
    return isRefusedPost && login.has(plainPath(event.path)) ? {} : undefined;
  };
  const own = bucketOf(options, { capacity: 10, leakspeed: '1m', blackhole: '5m' });
  const threefold = { capacity: Math.min(3 * own.capacity, MAX_CAPACITY), leakspeed: '20s', blackhole: own.blackhole };
  return countingScenario({
    name: 'login-bruteforce',
    behavior: 'http:bruteforce',
    options,
    rules: [
      {
        name: 'failures',
        on: login.size === 0 ? ['app:login-failed'] : ['app:login-failed', 'response'],
        statuses,
        bucket: own,
        counts,
        signal: 'decision',
      },
      {
        name: 'together',
        on: ['app:login-failed'],
        bucket: bucketOf(options.together, threefold),
        path: 'options.together',
        counts: (event) => (factOf(event, 'user') === undefined ? undefined : {}),
        signal: 'decision',
      },
    ],
  });
}

/** What core takes at most; a wrong `capacity` is its to refuse. */
const MAX_CAPACITY = 10_000;

/** As many characters as SHA-256 has in hexadecimal: each group keeps its name in memory. */
const MAX_USER_CHARS = 64;
