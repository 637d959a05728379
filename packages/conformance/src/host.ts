import type { CrowdsecOptions } from '@crowdsec-sdk/core';
import type { DetectionEvent } from '@crowdsec-sdk/core/extension';

/**
 * A framework with its adapter, and the one application that the suite talks to:
 *
 * | route | answers |
 * |---|---|
 * | `GET /hello` | 200, `x-app: hello`, text `hello` |
 * | `GET /whoami` | 200, JSON `{ ip, remediation, origin }` of the verdict as the adapter hands it on (`ip` is null when unknown) |
 * | `GET /guarded` | as `/whoami`, behind a second guard of the same agent |
 * | `GET /stream` | 200, `one\n` at once and `two\n` after 100 ms |
 * | `GET /never` | nothing, ever |
 * | `POST /echo` | 200, the body of the request, byte for byte |
 * | `GET /teapot` | 418, text `teapot`, by the framework's own kind of HTTP error or response |
 * | `GET /boom` | what the framework makes of an exception: a 500 |
 * | `POST /order` | 200, text `ordered`, and counts that it was called |
 * | `GET /orders` | 200, how often `POST /order` was called, as text |
 * | `POST /report` | 200 when a signal about 198.51.100.66, `acme/login-bruteforce`, was reported and stored |
 *
 * Everything else is what the framework answers to an unknown route: a 404.
 */
export interface Host {
  /** How it is called in the matrix: `koa`. */
  readonly adapter: string;
  /** Whether the framework knows the peer of a connection. Where it doesn't, one trusted hop stands for the proxy. */
  readonly peers: boolean;
  /** Whether options may hold functions: not where the host is another process. */
  readonly functions: boolean;
  /** Whether the suite can have it serve TLS, and listen on a Unix socket. */
  readonly sockets: boolean;
  /** Starts the application and resolves once it listens with what `stateDir` holds in use. */
  start(options: HostOptions): Promise<RunningHost>;
}

export interface HostOptions {
  /** Plain data but for `remedies` and `extensions`, so that it can be handed to another process. */
  readonly crowdsec: CrowdsecOptions;
  /** Hears of what detectors are told, where that is another process. */
  readonly onEvent?: (event: DetectionEvent) => void;
  /** Whether the agent gets a clock that `advanceClock` moves, where that is another process. */
  readonly movableClock?: boolean;
  /** Where to listen. */
  readonly hostname: string;
  /** By TLS too, on the port that is told. */
  readonly tls?: boolean | undefined;
  /** On this Unix socket, in place of a port. */
  readonly socketPath?: string | undefined;
}

export interface RunningHost {
  /** 0 on a Unix socket. */
  readonly port: number;
  /** Halts it, where it is another process, until the function is called that is returned. */
  readonly pause?: () => () => void;
  /** Moves the clock of its agent an hour ahead, where it is another process that was started with `movableClock`; it follows soon. */
  readonly advanceClock?: () => void;
  /** Shuts down as an operator would: no more connections, and what is buffered is sent. */
  stop(): Promise<void>;
}
