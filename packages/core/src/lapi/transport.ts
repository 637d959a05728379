import { type Deadline, withinDeadline } from '../deadline.js';
import { isCrowdsecError, type CrowdsecError } from '../errors.js';
import type { Endpoint } from '../http/endpoint.js';
import { failedCall, inParentheses, refusedCall } from '../http/failed-call.js';
import type { Destination } from '../http/failure-advice.js';
import type { Fetch } from '../http/fetch.js';
import { parseAnswer, readText } from '../http/read-answer.js';
import { usedProxy } from '../http/used-proxy.js';
import type { Secret } from '../secret.js';
import { closedAs, notingClosed, wasClosed } from './closed-connection.js';
import { withResponseMessage } from './response-message.js';

/** Who a call speaks for: the bouncer (API key or client certificate), a machine by its token, or nobody. */
export type LapiCaller = 'bouncer' | 'nobody' | { readonly token: Secret };

export interface LapiRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  /** With the version: `/v1/alerts`. */
  readonly path: string;
  /** Parameters; those that are `undefined` are left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** `bouncer` by default. */
  readonly as?: LapiCaller;
  readonly timeoutMs: number;
  /** Breaks the call off. */
  readonly signal?: AbortSignal;
  /** How large a successful answer may be, in bytes; 1 MiB by default. */
  readonly maxBytes?: number;
  /**
   * Whether the call leaves a second time when LAPI closed the connection before it answered, as it does to kept connections at its
   * restart. By default calls without a body do: LAPI may have done the work.
   */
  readonly repeatable?: boolean;
}

export interface LapiResponse {
  readonly status: number;
  /** The body, parsed; `undefined` when it is empty. */
  readonly body: unknown;
}

/** Reads the body of a successful answer; whatever it needs in time it gets by `deadline.extend()`. */
export type ReadBody<T> = (response: Response, deadline: Deadline) => Promise<T>;

export interface LapiTransportOptions {
  readonly endpoint: Endpoint;
  readonly userAgent: string;
  /** Absent with a client certificate, beside which LAPI ignores it. */
  readonly apiKey?: Secret | undefined;
  readonly fetch: Fetch;
  /** Ends the life of the transport: calls are broken off, and no other leaves. */
  readonly signal?: AbortSignal | undefined;
}

const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * One call to LAPI, one answer. Any 2xx is a success, with or without a body. Redirects are not followed: key and token go to LAPI only.
 *
 * @throws CrowdsecError `CROWDSEC_API_UNREACHABLE`, `CROWDSEC_API_STATUS` with the status, `CROWDSEC_API_MALFORMED`
 */
export class LapiTransport {
  readonly #options: LapiTransportOptions;

  constructor(options: LapiTransportOptions) {
    this.#options = options;
  }

  /** The server as the operator wrote it. */
  get name(): string {
    return this.#options.endpoint.name;
  }

  async send(request: LapiRequest): Promise<LapiResponse> {
    const { maxBytes = MAX_ANSWER_BYTES } = request;
    return this.read(request, async (response, { signal }) => ({
      status: response.status,
      body: parseAnswer(await readText(response, maxBytes, signal), nameOf(request), inParentheses(this.#destination)),
    }));
  }

  /** As {@link send}, for a body that the caller reads itself. */
  async read<T>(request: LapiRequest, readBody: ReadBody<T>): Promise<T> {
    const { repeatable = request.body === undefined } = request;
    try {
      return await this.#once(request, readBody);
    } catch (error) {
      if (!repeatable || !wasClosed(error)) throw error;
      return this.#once(request, readBody);
    }
  }

  async #once<T>(request: LapiRequest, readBody: ReadBody<T>): Promise<T> {
    const { signal: lifetime } = this.#options;
    lifetime?.throwIfAborted();
    const name = nameOf(request);
    const { timeoutMs: ms, signal = lifetime } = request;
    try {
      return await withinDeadline({ ms, signal, keepsProcessAlive: false }, async (deadline) => {
        const response = await this.#fetch(request, deadline.signal);
        if (!response.ok) throw this.#refused(name, response, await readText(response, 0, deadline.signal));
        return readBody(response, deadline);
      });
    } catch (error) {
      if (isCrowdsecError(error)) throw error;
      throw closedAs(failedCall(name, error, this.#destination), error);
    }
  }

  async #fetch(request: LapiRequest, signal: AbortSignal): Promise<Response> {
    const { endpoint, fetch } = this.#options;
    const { method, path, query = {}, body } = request;
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
    return notingClosed(
      fetch(endpoint.root + path + search, {
        method,
        headers: this.#headers(request),
        redirect: 'manual',
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  }

  #headers({ as = 'bouncer', body }: LapiRequest): Record<string, string> {
    const { userAgent, apiKey } = this.#options;
    const headers: Record<string, string> = { 'user-agent': userAgent, accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (typeof as === 'object') headers.authorization = `Bearer ${as.token.reveal()}`;
    if (as === 'bouncer' && apiKey !== undefined) headers['x-api-key'] = apiKey.reveal();
    return headers;
  }

  #refused(name: string, response: Response, text: string): CrowdsecError {
    const notFound = `Is ${this.name} the address of LAPI, without /v1?`;
    return withResponseMessage(
      refusedCall(name, response, { text, nowMs: Date.now(), notFound }, this.#destination),
      text,
    );
  }

  get #destination(): Destination {
    const { endpoint, fetch } = this.#options;
    return { name: endpoint.name, proxy: usedProxy(fetch, endpoint.root), caOption: 'lapi.tls.ca' };
  }
}

function nameOf({ method, path }: LapiRequest): string {
  return `${method} ${path}`;
}
