import type { RequestTraits } from '../bouncer/request-observer.js';
import type { RequestEvent } from './detection-event.js';
import { MAX_HOLD_MS } from './hold-check.js';
import type { HostedDetector } from './hosted-detector.js';
import type { RequestFilter } from './request-filter.js';
import type { Stopwatch } from './stopwatch.js';

/** For so many requests, each function is measured by itself, and the same after one of them may have held the event loop. */
const RUNS_ALONE = 100;
const RUNS_ALONE_AFTER_HOLD = 10_000;
/** After that, all that run for one request in so many are measured together. */
const MEASURED_EVERY = 8;

export interface RequestListenersOptions {
  /** Those that listen to requests, in their order. */
  readonly detectors: readonly HostedDetector[];
  readonly stopwatch: Stopwatch;
  /** Makes the event that detectors are shown, once somebody wants to see it. */
  readonly eventOf: (ip: string, traits: RequestTraits) => RequestEvent;
  /** Has an event shown to those that requests do not wait for. */
  readonly queue: (event: RequestEvent) => void;
}

/**
 * What runs of detectors before a request goes on: the blocking ones, and the filters of the others. An event is made of a request only
 * if somebody wants to see it.
 *
 * While all are quick, only some requests are measured: two readings of the clock cost more than the filters.
 */
export class RequestListeners {
  readonly #options: RequestListenersOptions;
  readonly #blocking: readonly HostedDetector[];
  /** The filters of those that requests do not wait for; `undefined` where one of them sees all requests. */
  readonly #filters: readonly RequestFilter[] | undefined;
  #runsAloneLeft = RUNS_ALONE;
  #untilMeasured = 0;

  constructor(options: RequestListenersOptions) {
    this.#options = options;
    this.#blocking = options.detectors.filter(({ detector }) => detector.blocking);
    const filters = new Set(options.detectors.filter(({ detector }) => !detector.blocking).map(({ filter }) => filter));
    this.#filters = filters.has(undefined) ? undefined : ([...filters] as RequestFilter[]);
  }

  /** @returns whether a blocking detector decided something about the client */
  request(ip: string, traits: RequestTraits): boolean {
    const isMeasured = this.#begin();
    let event: RequestEvent | undefined;
    if (this.#isWantedLater(traits)) this.#options.queue((event = this.#options.eventOf(ip, traits)));
    const decided = this.#blocking.length > 0 && this.#showBlocking(ip, traits, event);
    if (isMeasured) this.#end();
    return decided;
  }

  /** Shows an event to the blocking ones alone. */
  show(event: RequestEvent): void {
    const isMeasured = this.#begin();
    this.#showBlocking(event.ip, event, event);
    if (isMeasured) this.#end();
  }

  #isWantedLater(traits: RequestTraits): boolean {
    const filters = this.#filters;
    if (filters === undefined) return true;
    const isAlone = this.#runsAloneLeft > 0;
    // Whoever is wanted is asked about again when the event is shown, and counted then.
    for (const filter of filters) if (filter.accepts(traits, isAlone)) return true;
    for (const filter of filters) filter.rejected++;
    return false;
  }

  #showBlocking(ip: string, traits: RequestTraits, made: RequestEvent | undefined): boolean {
    const isAlone = this.#runsAloneLeft > 0;
    let event = made;
    let decided = false;
    for (const detector of this.#blocking) {
      const { filter } = detector;
      if (filter !== undefined && !filter.accepts(traits, isAlone)) {
        filter.rejected++;
        continue;
      }
      event ??= this.#options.eventOf(ip, traits);
      decided = detector.show(event, isAlone) || decided;
      detector.endLap();
    }
    return decided;
  }

  /** @returns whether the stopwatch is running */
  #begin(): boolean {
    if (this.#runsAloneLeft === 0 && --this.#untilMeasured > 0) return false;
    this.#untilMeasured = MEASURED_EVERY;
    this.#options.stopwatch.begin();
    return true;
  }

  #end(): void {
    if (this.#runsAloneLeft > 0) {
      this.#runsAloneLeft--;
      return;
    }
    const { stopwatch } = this.#options;
    stopwatch.lap();
    if (stopwatch.longestMs > MAX_HOLD_MS) this.#runsAloneLeft = RUNS_ALONE_AFTER_HOLD;
  }
}
