import type { Fetch } from '../http/fetch.js';

/** What is asked of a provider: whether this token of its widget shows that somebody solved its captcha. */
export interface ProviderQuestion {
  readonly token: string;
  /** The client's address. */
  readonly ip: string;
  readonly fetch: Fetch;
  /** Breaks the question off. */
  readonly signal: AbortSignal;
}

/**
 * A service whose widget the wall shows in place of its own proof of work. `turnstile()`, `hcaptcha()` and `recaptcha()` make one;
 * another service fits in by the same few members, if its widget is rendered by `window[global].render(element, options)` as theirs are.
 */
export interface CaptchaProvider {
  /** In logs, and in what the wall's script is told. */
  readonly name: string;
  /** The global object that the script of the provider makes. */
  readonly global: string;
  readonly siteKey: string;
  /** The script of the widget; it is loaded with `?render=explicit&onload=…` added. */
  readonly scriptUrl: string;
  /** What the wall's content security policy lets the widget load, by directive: `{ 'frame-src': ['https://…'] }`. */
  readonly contentSecurityPolicy: Readonly<Record<string, readonly string[]>>;
  /**
   * Whether the token is good: false when the provider says that it is not. Whatever is thrown means that nobody knows; then the option
   * `onProviderFailure` decides.
   */
  verify(question: ProviderQuestion): Promise<boolean>;
}
