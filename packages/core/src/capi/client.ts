import pRetry, { AbortError } from 'p-retry';
import * as z from 'zod';
import { hostName } from '../operating-system.js';
import { CrowdsecError, isCrowdsecError, sentence } from '../errors.js';
import { knowSecret } from '../redaction/redaction.js';
import { givenText, validate } from '../validate.js';
import type { EnrollOptions, EnrollResult } from './enroll.js';
import type { Session } from './session.js';
import type { Token } from './token.js';
import type { CapiRequest, CapiResponse, Transport } from './transport.js';
import type { Metrics, Signal } from './wire.js';

/** CAPI takes no more signals in one call. */
export const MAX_SIGNALS_PER_CALL = 250;

/** Of decisions, in bytes after decompression: about a million of them, many times what CAPI has. */
const MAX_STREAM_BYTES = 64 * 1024 * 1024;
const RETRIES = 2;
const RETRIED_STATUSES: readonly number[] = [429, 502, 503, 504];
/** A server that asks for a longer wait than this is tried again by the next job, not by this call. */
const MAX_RETRY_WAIT_MS = 30_000;

export interface StreamQuery {
  /** Asks for everything, for a caller that holds nothing. */
  readonly startup?: boolean;
  readonly signal?: AbortSignal;
  /** Awaited as the last step before the call leaves, each time that it does; when it rejects, the call does not. */
  readonly beforeCall?: (() => Promise<void>) | undefined;
}

interface Call
  extends
    Pick<CapiRequest, 'method' | 'path' | 'signal' | 'answer' | 'maxBytes'>,
    Partial<Pick<CapiRequest, 'timeoutMs'>> {
  /** The body, which may name the machine that the token is of. */
  readonly body?: (token: Token) => unknown;
  /** A 403 is an answer of this call, not a refusal of the token. */
  readonly keepForbidden?: boolean;
  readonly beforeCall?: StreamQuery['beforeCall'];
}

/**
 * The calls of CAPI that carry our token. Logs in when it must; a call that is refused (401, 403) is repeated once with a fresh token.
 * Reads are retried. Signals are neither retried nor repeated: their pacer decides when the next call may leave, and that one takes a
 * fresh token.
 *
 * Every method rejects with a `CrowdsecError`: those of {@link Session.token}, or `CROWDSEC_API_STATUS`, `CROWDSEC_API_UNREACHABLE`,
 * `CROWDSEC_API_MALFORMED`, `CROWDSEC_CALL_REFUSED`.
 */
export class CapiClient {
  readonly #session: Session;
  readonly #transport: Transport;
  readonly #timeoutMs: number;
  /** The token that CAPI refused the last call with signals for. */
  #refusedForSignals: Token | undefined;

  constructor(options: { readonly session: Session; readonly transport: Transport; readonly timeoutMs: number }) {
    this.#session = options.session;
    this.#transport = options.transport;
    this.#timeoutMs = options.timeoutMs;
  }

  /** Gets a token for the next call with signals, another one than CAPI refused for the last: so that the call itself leaves at once. */
  async prepareSignals(): Promise<void> {
    await this.#session.token(this.#refusedForSignals);
  }

  /**
   * One `POST /signals`, one call in all cases: after a 401 or 403 the caller sends it again, in its time. Most applications want {@link Crowdsec.pushSignals}, which keeps the pace that the network asks for.
   *
   * @param signals at most 250
   * @param options.beforeCall awaited as the last step before the call leaves; when it rejects, the call does not
   */
  async pushSignals(
    signals: readonly Signal[],
    options: { readonly timeoutMs?: number; readonly beforeCall?: () => Promise<void> } = {},
  ): Promise<void> {
    if (signals.length === 0) return;
    if (signals.length > MAX_SIGNALS_PER_CALL) {
      throw new CrowdsecError(
        'CROWDSEC_OPTION_INVALID',
        `signals: CAPI takes at most ${MAX_SIGNALS_PER_CALL} signals a call, these are ${signals.length}; send them in parts.`,
        { path: 'signals' },
      );
    }
    const call: Call = {
      method: 'POST',
      path: '/v3/signals',
      ...options,
      body: ({ machineId }) => signals.map(({ events_count: _, ...signal }) => ({ ...signal, machine_id: machineId })),
    };
    const refusedBefore = this.#refusedForSignals;
    const token = await this.#session.token(refusedBefore);
    try {
      await this.#send(call, token);
      this.#refusedForSignals = undefined;
    } catch (error) {
      if (!isRefusal(error, call)) throw error;
      this.#refusedForSignals = refusedBefore === undefined ? token : undefined;
      throw refusedBefore === undefined ? error : await this.#refusedTwice(call, error);
    }
  }

  /**
   * What changed since the last pull, or all of it: the answer as CAPI gave it, unchecked. The network asks for at most one pull in
   * two hours, which {@link Crowdsec.refreshDecisions} keeps.
   */
  async getStreamDecisions(query: StreamQuery = {}): Promise<unknown> {
    const { body } = await this.#retried(streamCall(query));
    return body ?? {};
  }

  /** As {@link getStreamDecisions}, unparsed: the answer may have megabytes, which are better parsed in slices. */
  async getStreamDecisionsText(query: StreamQuery = {}): Promise<string> {
    const { body } = await this.#retried({ ...streamCall(query), answer: 'text' });
    return body as string;
  }

  /** Attaches this machine to an account of the console, where it must then be accepted. */
  async enroll(options: EnrollOptions): Promise<EnrollResult> {
    const { key, name, tags, overwrite } = validate(enrollSchema, options, 'enroll');
    knowSecret(key);
    const body = {
      attachment_key: key,
      name,
      tags: [...new Set(tags)],
      autoenroll: false,
      ...(overwrite ? { overwrite } : {}),
    };
    const { status } = await this.#retried({
      method: 'POST',
      path: '/v3/watchers/enroll',
      body: () => body,
      keepForbidden: true,
    }).catch((error: unknown) => {
      throw isCrowdsecError(error) && error.status === 403 ? wrongKey(error) : error;
    });
    // CAPI tells a repetition by 200; anything else that succeeds is a fresh enrollment.
    return { status: status === 200 && !overwrite ? 'already-enrolled' : 'enrolled' };
  }

  /** Tells CAPI which software is at work here. */
  async pushMetrics(metrics: Metrics): Promise<void> {
    await this.#retried({ method: 'POST', path: '/v3/metrics/', body: () => metrics });
  }

  #retried(call: Call): Promise<CapiResponse> {
    // A login that failed is not tried again here: its budget says when, and its own failure is what the caller wants to know.
    const token = (refused?: Token): Promise<Token> =>
      this.#session.token(refused).catch((error: unknown) => {
        throw error instanceof Error ? new AbortError(error) : error;
      });
    return pRetry(() => this.#call(call, token), {
      retries: RETRIES,
      minTimeout: 1_000,
      randomize: true,
      unref: true,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
      shouldRetry: ({ error }) => isWorthRetrying(error),
      onFailedAttempt: async ({ error, retriesLeft }) => {
        const waitMs = isCrowdsecError(error) ? (error.retryAfterMs ?? 0) : 0;
        if (retriesLeft > 0 && waitMs > 0 && isWorthRetrying(error))
          await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
      },
    });
  }

  async #call(
    call: Call,
    tokenOf = (refused?: Token): Promise<Token> => this.#session.token(refused),
  ): Promise<CapiResponse> {
    const token = await tokenOf();
    try {
      return await this.#send(call, token);
    } catch (error) {
      if (!isRefusal(error, call)) throw error;
    }
    const fresh = await tokenOf(token);
    try {
      return await this.#send(call, fresh);
    } catch (error) {
      if (!isRefusal(error, call)) throw error;
      throw await this.#refusedTwice(call, error);
    }
  }

  #refusedTwice({ method, path }: Call, error: CrowdsecError): Promise<CrowdsecError> {
    const message = `CAPI refused ${method} ${path} twice, with a fresh token in between: ${sentence(error.message)}`;
    return this.#session.stopAfterRefusal(message, error);
  }

  async #send({ body, keepForbidden: _, beforeCall, ...call }: Call, token: Token): Promise<CapiResponse> {
    await beforeCall?.();
    return this.#transport.send({
      timeoutMs: this.#timeoutMs,
      ...call,
      token: token.jwt.reveal(),
      ...(body === undefined ? {} : { body: body(token) }),
    });
  }
}

const enrollSchema = z.strictObject({
  key: givenText()
    .trim()
    .regex(/^[a-zA-Z0-9]+$/, 'must be the enrollment key of the console: letters and digits'),
  name: z
    .string()
    .max(255)
    .default(() => hostName() ?? 'crowdsec-sdk'),
  tags: z.array(z.string().min(1, 'must not be empty')).default([]),
  overwrite: z.boolean().default(false),
});

function streamCall({ startup = false, signal, beforeCall }: StreamQuery): Call {
  const path = startup ? '/v3/decisions/stream?startup=true' : '/v3/decisions/stream';
  return { method: 'GET', path, maxBytes: MAX_STREAM_BYTES, beforeCall, ...(signal === undefined ? {} : { signal }) };
}

function isRefusal(error: unknown, call: Call): error is CrowdsecError {
  if (!isCrowdsecError(error, 'CROWDSEC_API_STATUS')) return false;
  // For an enrollment 403 means a wrong key, which no login mends.
  return error.status === 401 || (error.status === 403 && call.keepForbidden !== true);
}

function wrongKey(error: CrowdsecError): CrowdsecError {
  const message = `${sentence(error.message)} Check the enrollment key: the console shows it`;
  return new CrowdsecError('CROWDSEC_API_STATUS', message, { status: 403, cause: error });
}

function isWorthRetrying(error: unknown): boolean {
  if (isCrowdsecError(error, 'CROWDSEC_API_UNREACHABLE')) return true;
  if (!isCrowdsecError(error, 'CROWDSEC_API_STATUS')) return false;
  return RETRIED_STATUSES.includes(error.status ?? 0) && (error.retryAfterMs ?? 0) <= MAX_RETRY_WAIT_MS;
}
