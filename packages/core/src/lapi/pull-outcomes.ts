import { notInFuture, type Clock } from '../clock.js';
import { isCrowdsecError, messageOf, sentence } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Lease, Store } from '../store/store.js';
import { isRefused } from './is-refused.js';
import type { LapiDecisionsHealth } from './decisions-health.js';
import { PullerReports, type PullerReport } from './puller-report.js';

export interface PullOutcomesOptions {
  readonly store: Store;
  readonly network: string;
  readonly url: string;
  readonly hasCertificate: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** LAPI counts as away after so long, in ms, or after three intervals. */
const STALE_MS = 60_000;

/** Keeps what became of the pulls, for health and other processes, and says in the log what has changed: one line for each trouble, one for its end. */
export class PullOutcomes {
  readonly #options: PullOutcomesOptions;
  readonly #reports: PullerReports;
  #report: PullerReport = {};
  #skipped: Readonly<Record<string, number>> = {};
  /** What was said of the trouble that goes on. */
  #lastLogged: string | undefined;
  #saidSkipped = '';
  #isDoubted = false;

  constructor(options: PullOutcomesOptions) {
    this.#options = options;
    this.#reports = new PullerReports(options);
  }

  health(
    about: Pick<LapiDecisionsHealth, 'role' | 'count'> & { readonly loaded: boolean; readonly intervalMs: number },
  ): LapiDecisionsHealth {
    const { clock, url } = this.#options;
    const { role, count, loaded, intervalMs } = about;
    const { pulledAt, fullAt, nextPullAt, failure } = this.#report;
    const stale = !loaded || pulledAt === undefined || clock.now() - pulledAt > Math.max(STALE_MS, 3 * intervalMs);
    return {
      url,
      role,
      count,
      stale,
      skipped: this.#skipped,
      ...(pulledAt === undefined ? {} : { pulledAt }),
      ...(fullAt === undefined ? {} : { fullAt }),
      ...(nextPullAt === undefined ? {} : { nextPullAt: Math.ceil(nextPullAt) }),
      ...(failure === undefined ? {} : { failure }),
    };
  }

  /** How long ago LAPI last answered any process, as far as is known, in ms. */
  get sincePullMs(): number {
    const { pulledAt } = this.#report;
    return pulledAt === undefined ? Infinity : this.#options.clock.now() - pulledAt;
  }

  /** LAPI has answered, and the answer is in use. */
  answered(answer: {
    readonly full: boolean;
    readonly skipped: Readonly<Record<string, number>>;
    readonly nextInMs: number;
  }): void {
    const { clock, logger, url } = this.#options;
    const now = clock.now();
    const { failure, fullAt } = this.#report;
    if (this.#lastLogged !== undefined && failure !== undefined)
      logger.info(`LAPI at ${url} answers again, after ${Math.round((now - failure.since) / 1_000)} s.`, {
        code: 'LAPI_BACK',
        url,
      });
    this.#lastLogged = undefined;
    this.#skipped = answer.skipped;
    this.#report = {
      pulledAt: now,
      ...(answer.full ? { fullAt: now } : fullAt === undefined ? {} : { fullAt }),
      nextPullAt: now + answer.nextInMs,
    };
    this.#saySkipped();
  }

  /** A pull has failed; when the next one is due, in ms since the epoch. */
  failed(error: unknown, nextInMs: number): number {
    const { clock, logger } = this.#options;
    const now = clock.now();
    const message = this.#messageFor(error);
    const code = isCrowdsecError(error) ? error.code : 'CROWDSEC_API_UNREACHABLE';
    const kind = isCrowdsecError(error) ? `${code} ${error.status ?? ''}` : code;
    const nextPullAt = now + nextInMs;
    const since = this.#report.failure?.since ?? now;
    this.#report = { ...this.#report, nextPullAt, failure: { code, message, since } };
    if (this.#lastLogged !== kind)
      logger.warn(`${message} Next try in ${Math.round(nextInMs / 1_000)} s.`, {
        code: 'LAPI_FAILED',
        reason: code,
        nextInMs,
      });
    this.#lastLogged = kind;
    return nextPullAt;
  }

  /** A full answer lacked what is held, and is not believed yet; or it is, in the end. */
  doubted(isDoubted: boolean): void {
    const { logger, url } = this.#options;
    if (isDoubted && !this.#isDoubted)
      logger.warn(
        `LAPI at ${url} told far fewer decisions than are held, without telling that they were deleted. They stay in use; it is asked again, ` +
          'and believed when it says the same for two minutes.',
        { code: 'LAPI_DOUBTED', url },
      );
    this.#isDoubted = isDoubted;
  }

  /** Learns how the process that pulls fares. */
  async readReport(): Promise<void> {
    const report = await this.#reports.read();
    if (report === undefined) return;
    const { pulledAt } = report;
    const now = this.#options.clock.now();
    this.#report = { ...report, ...(pulledAt === undefined ? {} : { pulledAt: notInFuture(pulledAt, now) }) };
    this.#lastLogged = undefined;
  }

  writeReport(lease: Lease): Promise<void> {
    return this.#reports.write(lease, this.#report, this.#options.clock.now());
  }

  #messageFor(error: unknown): string {
    const { url, hasCertificate } = this.#options;
    const kept = 'The decisions that are held stay in use until they end.';
    if (!isRefused(error))
      return `LAPI at ${url} could not be asked for decisions: ${sentence(messageOf(error))} ${kept}`;
    const why = hasCertificate
      ? 'the client certificate (options.lapi.tls.cert): its organizational unit (OU) must be among bouncers_allowed_ou of the engine'
      : 'the API key (options.lapi.apiKey): its bouncer was removed, or the engine has another database. `cscli bouncers add` makes a new key';
    return `LAPI at ${url} refuses ${why} (${messageOf(error)}). ${kept}`;
  }

  #saySkipped(): void {
    const skipped = Object.entries(this.#skipped).filter(([reason]) => reason !== 'scope');
    const text = skipped.map(([reason, count]) => `${count} ${reason}`).join(', ');
    if (text !== '' && text !== this.#saidSkipped)
      this.#options.logger.warn(`Some decisions of LAPI are unusable and were left out: ${text}.`, {
        code: 'DECISIONS_SKIPPED',
        reasons: text,
      });
    if (text !== '') this.#saidSkipped = text;
  }
}
