import type { VerdictFacts } from '../bouncer/verdict.js';

/** A captcha that was solved. */
export interface CaptchaSolved extends VerdictFacts {
  /** `proof-of-work`, the name of a provider, or `provider-failure` where nobody could check and the options let such clients pass. */
  readonly by: string;
  /** Until when the client passes, in ms since the epoch. */
  readonly passUntil: number;
}
