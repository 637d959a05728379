import type { IncomingMessage } from 'node:http';
import type { RequestHeaders } from '../http/request-headers.js';
export { readHeader, type RequestHeaders } from '../http/request-headers.js';

/** What a host knows of a request. An adapter fills it in; it decides nothing. */
export interface RequestFacts {
  /**
   * The address of the peer of the connection, as the host's socket tells it; `127.0.0.1` for a Unix socket;
   * `undefined` where the host has no socket.
   */
  readonly remoteAddress: string | undefined;
  /**
   * The connection has no peer any more: it was reset before anybody asked for its address. Nobody can be answered, and
   * nobody told who it was, so the request is refused whatever the options say of unknown clients.
   */
  readonly disconnected?: boolean | undefined;
  readonly method: string;
  /** The connection is known to be encrypted. */
  readonly secure?: boolean | undefined;
  /** Path without query. */
  readonly path: string;
  readonly headers: RequestHeaders;
  /** The request target as it arrived, with its query. Without it AppSec is told the path alone. */
  readonly url?: string | undefined;
  /** The request itself, of hosts on `node:http` or `node:http2`: AppSec is told its headers as they arrived, and its body. */
  readonly nodeRequest?: NodeRequest | undefined;
  /** The request itself, of hosts that hand out a Fetch `Request`: AppSec is told its body. */
  readonly webRequest?: Request | undefined;
}

/** What is read of a request of Node. */
export type NodeRequest = Pick<IncomingMessage, 'headers'> &
  Partial<Pick<IncomingMessage, 'rawHeaders' | 'httpVersion'>>;

/**
 * What to do with a request. Where `settled` is present, the last word is yet to come: it is a {@link SettledVerdict} once awaited.
 *
 * ```ts
 * const inspected = bouncer.inspect(facts);
 * const verdict = inspected.settled === undefined ? inspected : await inspected.settled;
 * ```
 */
export type Verdict = PassVerdict | PendingVerdict | BlockVerdict;

/** The last word about a request. */
export type SettledVerdict = PassVerdict | BlockVerdict;

/** Who is calling, what is to be done about it, and whose word that is. */
export interface VerdictFacts {
  /** The client's address in canonical spelling; `undefined` when it could not be told. */
  readonly ip: string | undefined;
  /** `bypass`, `ban`, `captcha` or a type of a decision. */
  readonly remediation: string;
  /**
   * `CAPI`, `lists:<name>`, `crowdsec` for local decisions; `clean`, `invalid` or `unavailable` when there is none;
   * `skipped` when nobody looked, `failed` when looking failed, `disconnected` for a request whose connection was reset; `appsec` for
   * what the AppSec component found in the request.
   */
  readonly origin: string;
}

export interface PassVerdict extends VerdictFacts {
  readonly action: 'pass';
  readonly settled?: undefined;
}

/**
 * The decisions let the request through, and AppSec is being asked about it. A host that can't wait lets it through; it is no
 * {@link PassVerdict}, so that nobody takes it for the last word by mistake.
 */
export interface PendingVerdict extends VerdictFacts {
  readonly action: 'pass';
  /** The verdict that it comes to. It never rejects. */
  readonly settled: Promise<SettledVerdict>;
}

export interface BlockVerdict extends VerdictFacts {
  readonly action: 'block';
  /**
   * Present while a remedy is still at work: the verdict that it comes to. It never rejects. A host that can't wait
   * gives the answer of this verdict, which is a plain refusal.
   */
  readonly settled?: Promise<SettledVerdict>;
  /** The answer in data, for hosts that write it themselves. */
  readonly response: BouncerResponse;
  /** The answer as a Fetch `Response`, for hosts that return one. */
  toResponse(): Response;
}

export interface BouncerResponse {
  /** 200 to 599. */
  readonly status: number;
  /** Several values of one header, such as `set-cookie`, are a list. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}
