import { answerWithin } from '../deadline.js';
import type { Scheduler } from '../scheduler.js';
import type { OutcomeExecutor, ActionResult, Suppression } from './outcome-executor.js';
import type { DetectionEvent } from './detection-event.js';
import type { Detector, Outcome } from './detector.js';
import type { DetectorHealth } from './extension-health.js';
import { HoldCheck, heldTooLong } from './hold-check.js';
import type { RequestFilter } from './request-filter.js';
import type { Stopwatch } from './stopwatch.js';

/** An answer that has not come by then never counts. */
const ANSWER_DEADLINE_MS = 2_000;
/** So many answers of a detector may be pending; it is not shown what comes beyond. */
const MAX_PENDING = 100;

/** What a detector is run with. */
export interface HostedDetectorOptions {
  readonly detector: Detector;
  /** What decides which requests it is shown: whoever shows one asks. */
  readonly filter: RequestFilter | undefined;
  readonly executor: OutcomeExecutor;
  /** Running: whoever shows an event has started it. */
  readonly stopwatch: Stopwatch;
  readonly scheduler: Scheduler;
  readonly isActive: () => boolean;
  readonly onActionResult: (result: ActionResult) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Shows events to one detector, and acts on what it finds. Never throws. */
export class HostedDetector {
  readonly detector: Detector;
  readonly filter: RequestFilter | undefined;
  readonly #options: HostedDetectorOptions;
  readonly #hold: HoldCheck;
  readonly #suppressed: Partial<Record<Suppression, number>> = {};
  #events = 0;
  #missed = 0;
  #acted = 0;
  /** It was shown something since the stopwatch was read last. */
  #isInLap = false;
  readonly #pending = new Set<Promise<void>>();

  constructor(options: HostedDetectorOptions) {
    this.#options = options;
    this.detector = options.detector;
    this.filter = options.filter;
    this.#hold = new HoldCheck(options.stopwatch);
  }

  get health(): DetectorHealth {
    const { name, dryRun = false } = this.detector;
    return {
      name,
      dryRun,
      events: this.#events + (this.filter?.rejected ?? 0),
      missed: this.#missed,
      acted: this.#acted,
      suppressed: { ...this.#suppressed },
    };
  }

  /** Resolves when what it was shown is answered, or too late to be: 2 s at most. */
  async answered(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /**
   * Shows it an event; whether it decided something about the client, at once.
   *
   * @param isAlone whether the lap of the stopwatch is its own: then call {@link endLap} when it has seen enough. Otherwise whoever
   * shows the event looks after the time.
   */
  show(event: DetectionEvent, isAlone: boolean): boolean {
    const { isActive, stopwatch, onFailure } = this.#options;
    if (!isActive()) return false;
    if (this.#pending.size >= MAX_PENDING) {
      this.#missed++;
      return false;
    }
    this.#events++;
    this.#isInLap = isAlone;
    try {
      const answer = this.detector.detect(event);
      return answer !== undefined && this.#conclude(answer, event, isAlone);
    } catch (error) {
      onFailure(error);
      stopwatch.start();
      this.#isInLap = false;
      return false;
    }
  }

  /** Reads how long it held the event loop since the lap began; where it found something, that was read then. */
  endLap(): void {
    if (!this.#isInLap) return;
    this.#isInLap = false;
    const heldMs = this.#hold.lap();
    if (heldMs > 0) this.#options.onFailure(heldTooLong(heldMs));
  }

  /** Acts on an answer. What it found counts though it held the event loop: its count of it has begun anew. */
  #conclude(answer: Outcome | Promise<Outcome | undefined>, event: DetectionEvent, isAlone: boolean): boolean {
    const { stopwatch, onFailure } = this.#options;
    const heldMs = isAlone ? this.#hold.lap() : 0;
    if (!isAlone) stopwatch.lap();
    const decided = this.#take(answer, event);
    stopwatch.start();
    this.#isInLap = false;
    if (heldMs > 0) onFailure(heldTooLong(heldMs));
    return decided;
  }

  #take(answer: Outcome | Promise<Outcome | undefined>, event: DetectionEvent): boolean {
    if (!isPromise(answer)) return this.#act(answer, event);
    if (this.detector.blocking) {
      answer.catch(() => undefined);
      throw new Error('answered a promise, although it is blocking');
    }
    const pending = this.#await(answer, event).finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
    return false;
  }

  async #await(answer: Promise<Outcome | undefined>, event: DetectionEvent): Promise<void> {
    const { scheduler, isActive, onFailure } = this.#options;
    try {
      const outcome = await answerWithin(ANSWER_DEADLINE_MS, answer, { scheduler, name: 'crowdsec:detector' });
      if (isActive() && outcome !== undefined) this.#act(outcome, event);
    } catch (error) {
      onFailure(error);
    }
  }

  /** @throws CrowdsecError for what no outcome may say */
  #act(outcome: Outcome, event: DetectionEvent): boolean {
    const result = this.#options.executor.execute(outcome, event, this.detector);
    if (result.suppressed === undefined) this.#acted++;
    else this.#suppressed[result.suppressed] = (this.#suppressed[result.suppressed] ?? 0) + 1;
    this.#options.onActionResult(result);
    return result.suppressed === undefined && result.decision !== undefined;
  }
}

function isPromise(answer: Outcome | Promise<Outcome | undefined>): answer is Promise<Outcome | undefined> {
  return answer instanceof Promise || 'then' in answer;
}
