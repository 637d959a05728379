import type { Clock } from '../clock.js';
import { firstCause, isCrowdsecError, messageOf, sentence, type CrowdsecErrorCode } from '../errors.js';
import type { Logger } from '../logger.js';
import type { CapiPullFailure } from './pull-budget.js';

/** These are no failures of CAPI: the store has its own words, and another process is at it. */
const NOT_OF_CAPI: readonly CrowdsecErrorCode[] = [
  'CROWDSEC_STORE_UNAVAILABLE',
  'CROWDSEC_STORE_NEWER',
  'CROWDSEC_LEASE_BUSY',
  'CROWDSEC_STOPPED',
];

/** Keeps what became of the pulls from CAPI, and says in the log what has changed: one line for each trouble, one for its end. */
export class CapiOutcomes {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #failure: CapiPullFailure | undefined;
  /** What was said of the trouble that goes on. */
  #lastLogged: string | undefined;
  readonly #reported = new WeakSet<Error>();

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Why the last pull failed; `undefined` when it did not. */
  get failure(): CapiPullFailure | undefined {
    return this.#failure;
  }

  /** Throws an error on, unless it was reported as the failure of a pull. */
  rethrowUnlessReported(error: unknown): void {
    if (!(error instanceof Error && this.#reported.has(error))) throw error;
  }

  /** CAPI has answered this process, or another one. */
  answered(): void {
    const { since } = this.#failure ?? {};
    this.#failure = undefined;
    if (this.#lastLogged === undefined || since === undefined) return;
    this.#lastLogged = undefined;
    const seconds = Math.round((this.#clock.now() - since) / 1_000);
    this.#logger.info(`CAPI answers again, after ${seconds} s.`, { code: 'CAPI_BACK' });
  }

  /** A pull has failed; the next one is due at `nextAt`, in ms since the epoch. */
  failed(error: unknown, nextAt: number): void {
    if (!isCrowdsecError(error) || NOT_OF_CAPI.includes(error.code)) return;
    this.#reported.add(error);
    const first = firstCause(error);
    // An error that only repeats why the last try failed tells no more than that one, but for a time.
    const message = first.code === error.code ? first.message : messageOf(error);
    this.#failure = { code: first.code, message, since: this.#failure?.since ?? this.#clock.now() };
    if (this.#lastLogged === first.message) return;
    this.#lastLogged = first.message;
    this.#logger.warn(
      `CAPI could not be asked for decisions: ${sentence(message)} Decisions that are held stay in use. Next try at ${new Date(nextAt).toISOString()}.`,
      { code: 'CAPI_FAILED', reason: first.code, nextAt, error },
    );
  }
}
