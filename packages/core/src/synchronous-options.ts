import type { Logger } from './logger.js';

/**
 * Watches what functions in options answer that must answer at once. A promise is truthy and tells nothing yet: an async
 * `skip` would skip everybody, an async `trustedProxies` trust everybody. So its answer is refused.
 */
export class SynchronousOptions {
  readonly #logger: Logger;
  readonly #refused = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** The options whose functions have answered by a promise. */
  get refused(): readonly string[] {
    return [...this.#refused];
  }

  /**
   * Whether the answer of an option's function is a promise, which is said once for each option. Its outcome, a failure
   * included, is nobody's business any more.
   */
  refuses(path: string, answer: unknown): boolean {
    if (!isThenable(answer)) return false;
    void Promise.resolve(answer).catch(() => undefined);
    if (!this.#refused.has(path)) {
      this.#refused.add(path);
      this.#logger.error(`CROWDSEC_OPTION_INVALID: ${refusedOption(path)}`, { code: 'CROWDSEC_OPTION_INVALID', path });
    }
    return true;
  }
}

/** What is wrong with an option whose function answers by a promise, and what to do. */
export function refusedOption(path: string): string {
  return `${path} answered by a promise, which is not waited for: requests are judged without it. Make the function synchronous.`;
}

function isThenable(answer: unknown): answer is PromiseLike<unknown> {
  return typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function';
}
