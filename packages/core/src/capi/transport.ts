import { type Deadline, withinDeadline } from '../deadline.js';
import { isCrowdsecError } from '../errors.js';
import { failedCall, inParentheses, refusedCall } from '../http/failed-call.js';
import type { Destination } from '../http/failure-advice.js';
import type { Fetch } from '../http/fetch.js';
import { parseAnswer, readText } from '../http/read-answer.js';
import { usedProxy } from '../http/used-proxy.js';
import type { ServerClock } from './server-clock.js';

export type { Fetch };

export interface CapiRequest {
  readonly method: 'GET' | 'POST';
  /** With the version: `/v3/signals`. */
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly timeoutMs: number;
  /** Breaks the call off. */
  readonly signal?: AbortSignal;
  /** `text` leaves the parsing to the caller: of megabytes, that may take a while. `json` by default. */
  readonly answer?: 'json' | 'text';
  /** How large a successful answer may be, in bytes after decompression; 64 KiB by default. */
  readonly maxBytes?: number;
}

export interface CapiResponse {
  readonly status: number;
  /** The body, parsed unless its text was asked for; `undefined` when it is empty. */
  readonly body: unknown;
}

/** What an answer may have that is not a stream of decisions, in bytes after decompression; more is a fault or an attack. */
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * One call, one answer. Any 2xx is a success, with or without a body. Redirects are not followed: the token goes to CAPI only.
 *
 * @throws CrowdsecError `CROWDSEC_API_UNREACHABLE`, `CROWDSEC_API_STATUS` with the status, `CROWDSEC_API_MALFORMED`
 */
export class Transport {
  readonly #root: string;
  readonly #userAgent: string;
  readonly #fetch: Fetch;
  readonly #signal: AbortSignal | undefined;
  #serverClock: ServerClock | undefined;

  /** @param options.signal ends the life of the transport: calls are broken off, and no other leaves */
  constructor(options: {
    readonly root: string;
    readonly userAgent: string;
    readonly fetch: Fetch;
    readonly signal?: AbortSignal;
  }) {
    this.#root = options.root;
    this.#userAgent = options.userAgent;
    this.#fetch = options.fetch;
    this.#signal = options.signal;
  }

  /** From now on this clock learns from the `Date` header of every answer. */
  useServerClock(clock: ServerClock): void {
    this.#serverClock = clock;
  }

  async send(request: CapiRequest): Promise<CapiResponse> {
    this.#signal?.throwIfAborted();
    const name = `${request.method} ${request.path}`;
    const { response, text } = await this.#exchange(request, name);
    if (!response.ok) {
      const notFound = `Is ${this.#root} the root of an API that speaks v3?`;
      const nowMs = this.#serverClock?.now() ?? Date.now();
      throw refusedCall(name, response, { text, nowMs, notFound }, this.#destination);
    }
    const from = inParentheses(this.#destination);
    return { status: response.status, body: request.answer === 'text' ? text : parseAnswer(text, name, from) };
  }

  async #exchange(request: CapiRequest, name: string): Promise<{ response: Response; text: string }> {
    const headers: Record<string, string> = { 'user-agent': this.#userAgent, accept: 'application/json' };
    if (request.body !== undefined) headers['content-type'] = 'application/json';
    if (request.token !== undefined) headers.authorization = `Bearer ${request.token}`;
    const { timeoutMs: ms, signal: outer, method, body, maxBytes = MAX_ANSWER_BYTES } = request;
    const exchange = async ({ signal }: Deadline): Promise<{ response: Response; text: string }> => {
      const readDate = this.#serverClock?.startCall();
      const response = await this.#fetch(this.#root + request.path, {
        method,
        headers,
        redirect: 'manual',
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      readDate?.(response.headers.get('date'));
      return { response, text: await readText(response, maxBytes, signal) };
    };
    try {
      // Whoever has a signal for one call ends it when the agent stops.
      return await withinDeadline({ ms, signal: outer ?? this.#signal, keepsProcessAlive: false }, exchange);
    } catch (error) {
      if (isCrowdsecError(error, 'CROWDSEC_STOPPED')) throw error;
      throw failedCall(name, error, this.#destination);
    }
  }

  get #destination(): Destination {
    return { name: this.#root, proxy: usedProxy(this.#fetch, this.#root) };
  }
}
