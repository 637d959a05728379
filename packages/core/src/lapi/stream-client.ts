import type { Clock } from '../clock.js';
import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { bodyOf } from '../http/response-body.js';
import type { DecisionLedger } from './decision-ledger.js';
import { readStreamAnswer, type StreamAnswer } from './stream-answer.js';
import type { LapiTransport } from './transport.js';

/** Which decisions LAPI is asked for. */
export interface StreamFilter {
  /** `ip`, `range`, `country`, `as`; others are left out when they come. */
  readonly scopes: readonly string[];
  readonly origins?: readonly string[] | undefined;
  readonly scenariosContaining?: readonly string[] | undefined;
  readonly scenariosNotContaining?: readonly string[] | undefined;
}

/** How long LAPI may leave us without the next MiB of an answer, in ms. */
export interface StreamTimeouts {
  /** Of a full answer, which takes seconds to be gathered. */
  readonly fullMs: number;
  readonly deltaMs: number;
}

export interface StreamClientOptions {
  readonly transport: LapiTransport;
  readonly filter: StreamFilter;
  readonly clock: Clock;
  readonly timeouts?: StreamTimeouts | undefined;
  /** How large an answer may be, in bytes. */
  readonly maxBytes?: number | undefined;
}

const TIMEOUTS: StreamTimeouts = { fullMs: 30_000, deltaMs: 10_000 };
/** Some three million decisions. */
const MAX_ANSWER_BYTES = 512 * 1024 * 1024;

/** Asks LAPI for its stream of decisions. */
export class StreamClient {
  readonly #options: StreamClientOptions;

  constructor(options: StreamClientOptions) {
    this.#options = options;
  }

  /**
   * Whether rows have to be kept by their ids. LAPI filters after it has deduplicated, so that a filter would miss what a longer decision of
   * another origin hides: with a filter all rows are asked for.
   */
  get isFiltered(): boolean {
    const { origins, scenariosContaining, scenariosNotContaining } = this.#options.filter;
    return [origins, scenariosContaining, scenariosNotContaining].some((texts) => (texts?.length ?? 0) > 0);
  }

  /**
   * One pull, one call: a delta that was not read to its end is lost, so it is never asked for again.
   *
   * @param pull.startup asks for everything that is in force; else for what changed since the last pull of this key and address
   * @throws CrowdsecError `CROWDSEC_API_UNREACHABLE`, `CROWDSEC_API_STATUS`, `CROWDSEC_API_MALFORMED`
   */
  pull(pull: {
    readonly startup: boolean;
    readonly ledger: DecisionLedger | undefined;
    readonly signal: AbortSignal;
  }): Promise<StreamAnswer> {
    const { transport, clock, timeouts = TIMEOUTS, maxBytes = MAX_ANSWER_BYTES } = this.#options;
    const { startup, ledger, signal } = pull;
    return transport.read(
      {
        method: 'GET',
        path: '/v1/decisions/stream',
        query: this.#query(startup),
        timeoutMs: startup ? timeouts.fullMs : timeouts.deltaMs,
        signal,
        repeatable: false,
      },
      (response, deadline) =>
        readStreamAnswer(bodyOf(response, deadline.signal), {
          now: clock.now(),
          yielder: new EventLoopYielder(),
          maxBytes,
          ledger,
          isFull: startup,
          progress: () => deadline.extend(),
        }),
    );
  }

  #query(startup: boolean): Readonly<Record<string, string | undefined>> {
    const { scopes, origins, scenariosContaining, scenariosNotContaining } = this.#options.filter;
    const listOf = (texts: readonly string[] = []): string | undefined =>
      texts.length === 0 ? undefined : texts.join(',');
    return {
      // Exactly this word: anything else asks for a delta.
      startup: startup ? 'true' : undefined,
      scopes: listOf(scopes),
      origins: listOf(origins),
      scenarios_containing: listOf(scenariosContaining),
      scenarios_not_containing: listOf(scenariosNotContaining),
      dedup: this.isFiltered ? 'false' : undefined,
    };
  }
}
