import type { IncomingHttpHeaders } from 'node:http';

/** How a request carried its token: not at all, `Bearer` alone, `Bearer <jwt>` or the bare JWT. */
export type AuthorizationKind = 'none' | 'empty-bearer' | 'bearer' | 'raw';

/** A request as it was received, and what became of it. */
export interface Call {
  /** When it came, in ms since the epoch, by the sandbox's clock. */
  readonly at: number;
  readonly method: string;
  /** As it was asked for, with a query or a bare `?`. */
  readonly target: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly userAgent: string | undefined;
  readonly authorization: AuthorizationKind;
  readonly headers: IncomingHttpHeaders;
  /** Unzipped and parsed; the text where it is not JSON; `undefined` where there is none. Passwords are in it. */
  readonly body: unknown;
  /** Of the token, or of the body of a registration or login. */
  readonly machineId: string | undefined;
  /** How many signals a `POST /signals` carried, accepted or not. */
  readonly signals: number | undefined;
  /** What was answered; `undefined` until then, and for a connection cut before. */
  readonly status: number | undefined;
  /** Set when a fault dropped the connection. */
  readonly cut: 'before' | 'within' | 'after' | undefined;
}

/** The call while it is being answered. */
export type OpenCall = { -readonly [Key in keyof Call]: Call[Key] };

/** Everything that was received, in order. Past the limit, the oldest are forgotten. */
export class CallLog {
  readonly #limit: number;
  readonly #calls: OpenCall[] = [];
  readonly #listeners = new Set<(call: Call) => void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get all(): readonly Call[] {
    return this.#calls;
  }

  open(call: OpenCall): void {
    this.#calls.push(call);
    if (this.#calls.length > this.#limit) this.#calls.shift();
  }

  /** Tells the listeners that a call has its answer. */
  close(call: OpenCall): void {
    for (const listener of this.#listeners) listener(call);
  }

  listen(listener: (call: Call) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}

/** @see AuthorizationKind */
export function authorizationKind(header: string | undefined): AuthorizationKind {
  if (header === undefined || header === '') return 'none';
  if (/^bearer\s*$/i.test(header)) return 'empty-bearer';
  return /^bearer\s/i.test(header) ? 'bearer' : 'raw';
}

/** The token of an `Authorization` header: what follows `Bearer`, or all of it. */
export function tokenOf(header: string): string {
  return header.replace(/^bearer\s+/i, '');
}
