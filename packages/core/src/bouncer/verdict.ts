/** What a host knows of a request. An adapter fills it in; it decides nothing. */
export interface RequestFacts {
  /** The address of the peer of the connection, as the host's socket tells it. */
  readonly remoteAddress: string | undefined;
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  readonly headers: RequestHeaders;
}

/** Node's `request.headers` (names in lower case) or a Fetch `Headers`. */
export type RequestHeaders =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null };

/** What to do with a request. */
export type Verdict = PassVerdict | BlockVerdict;

interface VerdictFacts {
  /** The client's address in canonical spelling; `undefined` when it could not be told. */
  readonly ip: string | undefined;
  /** `bypass`, `ban`, `captcha` or a type of a decision. */
  readonly remediation: string;
  /** `CAPI`, `lists:<name>`, `crowdsec` for local decisions; `clean`, `invalid` or `unavailable` when there is none. */
  readonly origin: string;
}

export interface PassVerdict extends VerdictFacts {
  readonly action: 'pass';
}

export interface BlockVerdict extends VerdictFacts {
  readonly action: 'block';
  /** The answer in data, for hosts that write it themselves. */
  readonly response: BouncerResponse;
  /** The answer as a Fetch `Response`, for hosts that return one. */
  toResponse(): Response;
}

export interface BouncerResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
