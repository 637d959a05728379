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
}

/** Node's `request.headers` (names in lower case) or a Fetch `Headers`. */
export type RequestHeaders =
  Readonly<Record<string, string | readonly string[] | undefined>> | { get(name: string): string | null };

/** What to do with a request. */
export type Verdict = PassVerdict | BlockVerdict;

/** Who is calling, what is to be done about it, and whose word that is. */
export interface VerdictFacts {
  /** The client's address in canonical spelling; `undefined` when it could not be told. */
  readonly ip: string | undefined;
  /** `bypass`, `ban`, `captcha` or a type of a decision. */
  readonly remediation: string;
  /**
   * `CAPI`, `lists:<name>`, `crowdsec` for local decisions; `clean`, `invalid` or `unavailable` when there is none;
   * `skipped` when nobody looked, `failed` when looking failed, `disconnected` for a request whose connection was reset.
   */
  readonly origin: string;
}

export interface PassVerdict extends VerdictFacts {
  readonly action: 'pass';
  readonly settled?: undefined;
}

export interface BlockVerdict extends VerdictFacts {
  readonly action: 'block';
  /**
   * Present while a remedy is still at work: the verdict that it comes to. It never rejects. A host that can't wait
   * gives the answer of this verdict, which is a plain refusal.
   */
  readonly settled?: Promise<Verdict>;
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

/** A header of a request, several lines of it joined by commas. */
export function readHeader(headers: RequestHeaders, name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const value = (headers as Exclude<RequestHeaders, { get(name: string): string | null }>)[name];
  return typeof value === 'object' ? value.join(',') : value;
}
