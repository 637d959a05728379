import type { Signal } from '../capi/wire.js';
import type { Clock } from '../clock.js';
import { CrowdsecError, isCrowdsecError } from '../errors.js';
import type { ReportChannel } from '../networks/report-channel.js';
import { alertsErrorKind } from './alert-refusal.js';
import { LapiAllowlists } from './allowlists.js';
import type { MachineClient } from './machine-client.js';
import { responseMessageOf } from './response-message.js';
import { alertOf, type AlertDecisions } from './wire-alert.js';

/** The engine stores alerts by 50 in one transaction: of more, some may be stored although the call fails. */
const MAX_PER_CALL = 50;
/** A large push takes an engine a second or two. */
const CALL_TIMEOUT_MS = 10_000;
/** So often in a row an error that may be about anything is taken for one that passes. */
const UNKNOWN_ERRORS = 3;

/** By less than this clocks always differ, in ms: LAPI tells its own in whole seconds. */
const CLOCK_SKEW_MS = 60_000;

/** Where an agent's reports go when it has a machine at LAPI: they become alerts. */
export class LapiAlerts implements ReportChannel {
  readonly name = 'LAPI';
  /** The operator's own engine: what is reported may be acted on within seconds. */
  readonly pace = { mostPerCall: MAX_PER_CALL, shortestGapMs: 1_000, longestGapMs: 5_000, longestBackoffMs: 60_000 };
  readonly callTimeoutMs = CALL_TIMEOUT_MS;
  readonly #machine: MachineClient;
  readonly #decisions: AlertDecisions;
  readonly #clock: Clock;
  readonly #allowlists: LapiAllowlists;
  #discarded = 0;
  #unknownErrors = 0;
  /** Errors by which LAPI says that it is about what it was sent. */
  readonly #proofs = new WeakSet<CrowdsecError>();

  constructor(options: { readonly machine: MachineClient; readonly decisions: AlertDecisions; readonly clock: Clock }) {
    this.#machine = options.machine;
    this.#decisions = options.decisions;
    this.#clock = options.clock;
    this.#allowlists = new LapiAllowlists(options);
  }

  /**
   * How many alerts LAPI has taken from this process and not kept, such as those about an address on one of the operator's allowlists.
   * They are not sent again.
   */
  get discarded(): number {
    return this.#discarded;
  }

  prepare(): Promise<void> {
    return this.#machine.prepare();
  }

  /** Not compressed, for older engines can't read that. LAPI does not recognise an alert that it was sent before: it has it twice then. */
  async push(signals: readonly Signal[], beforeCall: () => Promise<void>): Promise<void> {
    const now = this.#clock.now();
    const aheadMs = now - (this.#machine.serverNow ?? now);
    const clock = { now, aheadMs: Math.abs(aheadMs) > CLOCK_SKEW_MS ? aheadMs : 0 };
    try {
      const allowed = await this.#allowedOf(signals);
      const body = signals.map((signal) =>
        alertOf(allowed.has(signal) ? undecided(signal) : signal, this.#decisions, clock),
      );
      const request = { method: 'POST', path: '/v1/alerts', body, timeoutMs: CALL_TIMEOUT_MS } as const;
      const answer = await this.#machine.send(request, beforeCall);
      this.#discarded += Math.max(0, signals.length - countOf(answer.body, this.#machine.url));
      this.#unknownErrors = 0;
    } catch (error) {
      throw this.#classified(error);
    }
  }

  /** The signals about whom the operator never wants to see banned: LAPI takes decisions that are sent along, whomever they are about. */
  async #allowedOf(signals: readonly Signal[]): Promise<ReadonlySet<Signal>> {
    const decided = this.#decisions === 'push' ? signals.filter(({ decisions }) => decisions !== undefined) : [];
    const values = await this.#allowlists.among(decided.map(({ source }) => source.value));
    return new Set(decided.filter(({ source }) => values.has(source.value)));
  }

  provesBlame(error: CrowdsecError): boolean {
    return this.#proofs.has(error);
  }

  #classified(error: unknown): unknown {
    if (!isCrowdsecError(error, 'CROWDSEC_API_STATUS')) return error;
    const kind = alertsErrorKind(error.status, responseMessageOf(error));
    this.#unknownErrors = kind === 'unknown' ? this.#unknownErrors + 1 : 0;
    // An error that stays is about what is in the call: the sender finds out which alert it is, and keeps all of them if it is not.
    if (kind === 'passing' || (kind === 'unknown' && this.#unknownErrors <= UNKNOWN_ERRORS)) return error;
    const refusal = new CrowdsecError('CROWDSEC_API_STATUS', error.message, {
      ...(error.status === undefined ? {} : { status: error.status }),
      refusesContent: true,
      cause: error,
    });
    if (kind === 'content') this.#proofs.add(refusal);
    return refusal;
  }
}

function undecided({ decisions: _, ...signal }: Signal): Signal {
  return signal;
}

/**
 * How many ids an answer holds.
 *
 * @param url of LAPI, for the message
 * @throws CrowdsecError `CROWDSEC_API_MALFORMED` for an answer that is not LAPI's
 */
function countOf(ids: unknown, url: string): number {
  if (ids === null) return 0;
  if (Array.isArray(ids)) return ids.length;
  throw new CrowdsecError(
    'CROWDSEC_API_MALFORMED',
    `POST /v1/alerts was answered without a list of ids: something that is not LAPI answers at its address (${url}).`,
  );
}
