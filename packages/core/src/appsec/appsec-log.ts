import type { Clock } from '../clock.js';
import { sentence } from '../errors.js';
import type { Logger } from '../logger.js';
import type { AppsecFailureReport, AppsecHealth, UnseenBody } from './appsec-health.js';
import { APPSEC_FAILURES, type AppsecFailure } from './options.js';

/** How long a cause that was logged is only counted, in ms. */
const LOG_INTERVAL_MS = 60_000;

/** Words of operators are counted by name, up to so many. */
const MAX_ACTIONS = 50;

const ADVICE: Readonly<Record<AppsecFailure, string>> = {
  timeout: 'See appsec.timeoutMs.',
  unreachable: '',
  unauthorized: 'Is appsec.apiKey a bouncer key of its LAPI, and does that LAPI answer?',
  serverError: 'Is this the address of AppSec, with the path that it listens on?',
  tooLarge: 'See appsec.maxBodyBytes, and the limits of proxies in between.',
  abortedUpload: 'Its client went away.',
};

/** Counts what AppSec said, and logs why it said nothing: one line a minute for each cause. */
export class AppsecLog {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #actions = new Map<string, number>();
  readonly #failures = Object.fromEntries(APPSEC_FAILURES.map((cause) => [cause, 0])) as Record<AppsecFailure, number>;
  readonly #unseenBodies: Record<UnseenBody, number> = { large: 0, stalled: 0, consumed: 0, packed: 0 };
  readonly #logged = new Map<AppsecFailure, { readonly at: number; readonly count: number }>();
  #lastFailure: AppsecFailureReport | undefined;
  #isFailing = false;
  #failureWasLogged = false;
  asked = 0;

  constructor(url: string, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#url = url;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** It came to a verdict. */
  answered(action: string): void {
    const counted = this.#actions.has(action) || this.#actions.size < MAX_ACTIONS ? action : 'other';
    this.#actions.set(counted, (this.#actions.get(counted) ?? 0) + 1);
    this.#isFailing = false;
    if (!this.#failureWasLogged) return;
    this.#failureWasLogged = false;
    this.#logger.info(`AppSec answers again (${this.#url}).`, { code: 'APPSEC_BACK', url: this.#url });
  }

  /** There was no verdict. */
  failed(cause: AppsecFailure, why: string, policy: string): void {
    const count = ++this.#failures[cause];
    if (cause !== 'abortedUpload') {
      this.#lastFailure = { cause, message: why, at: this.#clock.now() };
      this.#isFailing = true;
    }
    const last = this.#logged.get(cause);
    const now = this.#clock.monotonic();
    if (last !== undefined && now - last.at < LOG_INTERVAL_MS) return;
    this.#logged.set(cause, { at: now, count });
    if (cause !== 'abortedUpload') this.#failureWasLogged = true;
    const since = last === undefined ? '' : ` ${count - last.count} such requests since the last line.`;
    const consequence = policy === 'pass' ? 'let through' : `answered by \`${policy}\``;
    this.#logger.warn(
      `AppSec gave no verdict (${cause}, ${this.#url}): ${[sentence(why), ADVICE[cause], `Such requests are ${consequence}.`].filter(Boolean).join(' ')}${since}`,
      { code: 'APPSEC_FAILED', cause, policy },
    );
  }

  /** It did not see a body. */
  unseen(reason: UnseenBody): void {
    this.#unseenBodies[reason]++;
  }

  get health(): AppsecHealth {
    const lastFailure = this.#lastFailure;
    return {
      url: this.#url,
      asked: this.asked,
      actions: Object.fromEntries(this.#actions),
      failures: { ...this.#failures },
      unseenBodies: { ...this.#unseenBodies },
      ...(lastFailure === undefined ? {} : { lastFailure, ...(this.#isFailing && { failing: lastFailure }) }),
    };
  }
}
