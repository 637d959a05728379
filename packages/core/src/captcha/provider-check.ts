import type { Fetch } from '../http/fetch.js';
import type { Clock } from '../clock.js';
import { withinDeadline } from '../deadline.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { CaptchaProvider } from './captcha-provider.js';

/** How long a provider that failed is not asked, in ms. */
const PAUSE_MS = 30_000;
/** What a token of any provider looks like. Of anything else a provider might say that the question is bad, which counts as its failure. */
const TOKEN_PATTERN = /^[\x21-\x7e]{1,8192}$/;

export interface ProviderCheckOptions {
  readonly provider: CaptchaProvider;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Breaks questions off when the agent stops. */
  readonly signal?: AbortSignal | undefined;
}

/** Asks a provider within a deadline, and knows whether it failed lately. */
export class ProviderCheck {
  readonly provider: CaptchaProvider;
  readonly #options: ProviderCheckOptions;
  #failedAt = -Infinity;

  constructor(options: ProviderCheckOptions) {
    this.provider = options.provider;
    this.#options = options;
  }

  /** It failed a moment ago. */
  get isDown(): boolean {
    return this.#options.clock.monotonic() - this.#failedAt < PAUSE_MS;
  }

  /** Whether the provider knows the token; `unknown` when it can't be asked. Never rejects. */
  async check(token: string, ip: string): Promise<'right' | 'wrong' | 'unknown'> {
    const { provider, fetch, timeoutMs, signal: outer, clock, logger } = this.#options;
    if (!TOKEN_PATTERN.test(token)) return 'wrong';
    try {
      const right = await withinDeadline({ ms: timeoutMs, signal: outer, keepsProcessAlive: false }, ({ signal }) =>
        provider.verify({ token, ip, fetch, signal }),
      );
      this.#failedAt = -Infinity;
      // Of JavaScript, a provider may answer anything.
      return (right as unknown) === true ? 'right' : 'wrong';
    } catch (error) {
      if (!this.isDown)
        logger.warn(`The captcha of ${provider.name} can't be checked: ${messageOf(error)}`, {
          code: 'CAPTCHA_PROVIDER_FAILED',
          provider: provider.name,
          error,
        });
      this.#failedAt = clock.monotonic();
      return 'unknown';
    }
  }
}
