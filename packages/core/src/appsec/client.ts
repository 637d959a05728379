import { DeadlineExceeded, withinDeadline } from '../deadline.js';
import type { Dispatcher } from '../http/undici.js';
import { describeFailure } from '../http/failed-call.js';
import type { UsedProxy } from '../http/used-proxy.js';
import type { AppsecAddress } from './address.js';
import { readAnswer, type AppsecAnswer } from './answer.js';

export interface AppsecClientOptions {
  readonly address: AppsecAddress;
  /** Keeps the connections, and is not closed here. */
  readonly dispatcher: Dispatcher;
  /** The proxy that these go through. */
  readonly proxy?: UsedProxy | undefined;
  readonly userAgent: string;
  /** For the whole call, in ms. */
  readonly timeoutMs: number;
  /** Breaks all calls off. */
  readonly signal?: AbortSignal | undefined;
}

/** The page of a challenge is some ten kilobytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Another attempt could succeed: the connection was kept from an earlier call, and AppSec has closed it since. */
const CLOSED_CODES = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET']);
const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
]);
/** Whatever answered there, it does not speak HTTP, or asks for what nobody would do. */
const PROTOCOL_ERROR_PATTERN = /^(?:HPE_|UND_ERR_(?:HEADERS_OVERFLOW|INVALID_ARG|NOT_SUPPORTED|RES_))/;

/** One call to AppSec, one answer; failures are answers as well. */
export class AppsecClient {
  readonly #options: AppsecClientOptions;

  constructor(options: AppsecClientOptions) {
    this.#options = options;
  }

  /**
   * Asks about a request. It never rejects.
   *
   * @param headers names and values in turn
   * @param body of the request, as far as it is to be looked at
   */
  async ask(headers: readonly string[], body: Uint8Array | undefined): Promise<AppsecAnswer> {
    const { timeoutMs: ms, signal } = this.#options;
    try {
      return await withinDeadline({ ms, signal, keepsProcessAlive: false }, (deadline) =>
        this.#requestWithRetry(headers, body, deadline.signal),
      );
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #requestWithRetry(
    headers: readonly string[],
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<AppsecAnswer> {
    try {
      return await this.#request(headers, body, signal);
    } catch (error) {
      if (signal.aborted || !CLOSED_CODES.has(codeOf(error))) throw error;
      return this.#request(headers, body, signal);
    }
  }

  async #request(headers: readonly string[], body: Uint8Array | undefined, signal: AbortSignal): Promise<AppsecAnswer> {
    const { address, dispatcher, userAgent } = this.#options;
    const answer = await dispatcher.request({
      origin: address.endpoint.root,
      path: address.target,
      method: body === undefined ? 'GET' : 'POST',
      headers: ['User-Agent', userAgent, ...headers],
      body: body ?? null,
      signal,
    });
    const text = await textOf(answer.body);
    if (text === undefined) {
      const why = `it answered ${answer.statusCode} with more than ${MAX_ANSWER_BYTES} bytes`;
      return { kind: 'failed', cause: 'serverError', why };
    }
    return readAnswer(answer.statusCode, text);
  }

  #failed(error: unknown): AppsecAnswer {
    const { address, proxy } = this.#options;
    const why = describeFailure(error, { name: address.endpoint.name, proxy, caOption: 'appsec.tls.ca' });
    const code = codeOf(error);
    if (error instanceof DeadlineExceeded || TIMEOUT_CODES.has(code)) return { kind: 'failed', cause: 'timeout', why };
    return { kind: 'failed', cause: PROTOCOL_ERROR_PATTERN.test(code) ? 'serverError' : 'unreachable', why };
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    // Leaving the loop ends the connection.
    if (bytes > MAX_ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function codeOf(error: unknown, depth = 4): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return depth === 0 ? '' : codeOf(error.cause, depth - 1);
}
