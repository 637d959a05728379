import type { DetectionEvent, Extension } from '@crowdsec-sdk/core';
import { countingScenario, type Counted } from './counting-scenario.js';
import { plainPath } from './plain-path.js';
import { bucketOf, type CountingOptions } from './scenario-options.js';

export interface LoginBruteforceOptions extends CountingOptions {
  /**
   * Where logins are sent to, if the application tells no `app:login-failed`: a POST to one of these paths that is
   * answered by one of `statuses` is a failure. Use one or the other, else a failure counts twice.
   */
  readonly paths?: readonly string[] | undefined;
  /** What a failed login on `paths` is answered with; 401 and 403 by default. */
  readonly statuses?: readonly number[] | undefined;
}

/**
 * Many failed logins from one address: `app:login-failed`, or answers on `paths`.
 *
 * By default 11 failures at once, or more than one a minute for long. Somebody who mistypes a password five times is
 * far below that, and so is an office behind one address in the morning.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function loginBruteforce(options: LoginBruteforceOptions): Extension {
  const { paths = [], statuses = [401, 403] } = options;
  const login = new Set(paths.map(plainPath));
  const counts = (event: DetectionEvent): Counted | undefined => {
    if (event.kind !== 'response') return {};
    const isRefusedPost = event.method === 'POST' && statuses.includes(event.status);
    return isRefusedPost && login.has(plainPath(event.path)) ? {} : undefined;
  };
  return countingScenario({
    name: 'login-bruteforce',
    behavior: 'http:bruteforce',
    options,
    rules: [
      {
        name: 'failures',
        on: login.size === 0 ? ['app:login-failed'] : ['app:login-failed', 'response'],
        bucket: bucketOf(options, { capacity: 10, leakspeed: '1m', blackhole: '5m' }),
        counts,
        signal: 'decision',
      },
    ],
  });
}
