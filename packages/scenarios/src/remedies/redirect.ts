import type { BouncerResponse, Remedy } from '@crowdsec-sdk/core';
import { invalidOption } from '../scenario-options.js';

/** The options of {@link redirect}. */
export interface RedirectOptions {
  /** A path of this site, which is let through then, or an http(s) URL of another site. */
  readonly to: string;
}

/**
 * A remedy that sends the client elsewhere (303). The page of this site that it sends to is let through, to the letter of
 * its path, so nobody goes in circles; what that page loads is not.
 *
 * ```ts
 * const away: Extension = { name: 'acme.away', apiVersion: 1, remedies: { away: redirect({ to: '/sorry.html' }) } };
 * createCrowdsec({ env: 'prod', remediations: ['ban', 'captcha', 'away'], extensions: [away] });
 * ```
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for anything but such a path or URL
 */
export function redirect({ to }: RedirectOptions): Remedy {
  if (typeof to !== 'string' || !TARGET.test(to)) {
    throw invalidOption('to', 'must be an http(s) URL, or a path that begins with one slash');
  }
  const ownPath = to.startsWith('/') ? to.replace(/[?#].*$/, '') : undefined;
  const answer: BouncerResponse = { status: 303, headers: { location: to, 'cache-control': 'no-store' }, body: '' };
  return ({ facts }) => (facts.path === ownPath ? 'pass' : answer);
}

/** Not `//host` nor `/\host`, which browsers take for another site; nothing that a header can't carry. */
const TARGET = /^(?:https?:\/\/|\/(?![/\\]))[\x21-\x7e]*$/;
