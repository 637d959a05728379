import type { DetectionEvent, EventKind } from './detection-event.js';
import { MAX_HOLD_MS } from './hold-check.js';
import type { HostedDetector } from './hosted-detector.js';
import type { RequestFilter } from './request-filter.js';
import type { Stopwatch } from './stopwatch.js';

/** So often each detector is measured by itself before all are measured together. */
const RUNS_ALONE = 100;
/** The same after one of them may have held the event loop. */
const RUNS_ALONE_AFTER_HOLD = 10_000;

/** Detectors that listen to the same events. */
interface Group {
  readonly statuses: ReadonlySet<number> | undefined;
  readonly filter: RequestFilter | undefined;
  readonly detectors: HostedDetector[];
}

/** @param isAlone whether a filter is measured by itself */
function isWanted(event: DetectionEvent, { statuses, filter }: Group, isAlone: boolean): boolean {
  if (event.kind === 'response') return statuses === undefined || statuses.has(event.status);
  if (event.kind !== 'request' || filter === undefined || filter.accepts(event, isAlone)) return true;
  filter.rejected++;
  return false;
}

/** The detectors that events are shown to after their requests went on. */
export class Listeners {
  /** Those that listen to the same events stand together. */
  readonly #groups: readonly Group[];
  /** The groups that listen to a kind, by their places in `#groups`. */
  readonly #groupsOf = new Map<EventKind, number[]>();

  /** Of answers, those that anybody listens to; `undefined` for all. */
  readonly #statuses: ReadonlySet<number> | undefined;
  readonly #stopwatch: Stopwatch;
  /** How many more times each detector is measured by itself. */
  #runsAloneLeft = RUNS_ALONE;

  /** @param stopwatch running when {@link show} is called */
  constructor(detectors: readonly HostedDetector[], stopwatch: Stopwatch) {
    this.#stopwatch = stopwatch;
    const groups = new Map<string, Group>();
    const filters: (RequestFilter | undefined)[] = [
      undefined,
      ...new Set(detectors.flatMap(({ filter }) => filter ?? [])),
    ];
    for (const hosted of detectors) {
      const { on, statuses } = hosted.detector;
      const kinds = new Set(on);
      const key = JSON.stringify([[...kinds].sort(), statuses, filters.indexOf(hosted.filter)]);
      const group = groups.get(key);
      if (group !== undefined) {
        group.detectors.push(hosted);
        continue;
      }
      for (const kind of kinds) this.#groupsOf.set(kind, [...(this.#groupsOf.get(kind) ?? []), groups.size]);
      groups.set(key, { statuses: statuses && new Set(statuses), filter: hosted.filter, detectors: [hosted] });
    }
    this.#groups = [...groups.values()];
    const ofResponses = (this.#groupsOf.get('response') ?? []).map((group) => this.#groups[group]!.statuses);
    this.#statuses = ofResponses.includes(undefined) ? undefined : new Set(ofResponses.flatMap((some) => [...some!]));
  }

  /** Whether anybody listens to answers with this status. */
  hasStatus(status: number): boolean {
    return this.#statuses === undefined || this.#statuses.has(status);
  }

  /** Whether anybody listens to events of this kind. */
  has(kind: EventKind): boolean {
    return this.#groupsOf.has(kind);
  }

  /**
   * Shows each detector those of the events that it listens to, in their order: all of them to one, then to the next.
   *
   * A reading of the clock costs more than most detectors. So those that have been quick are measured together, until they are not any
   * more: then each is measured by itself, to tell which one it is.
   */
  show(events: readonly DetectionEvent[]): void {
    const isAlone = this.#runsAloneLeft > 0;
    if (!isAlone) this.#stopwatch.longestMs = 0;
    const shown = this.#groups.map((): DetectionEvent[] => []);
    for (const event of events) {
      for (const group of this.#groupsOf.get(event.kind) ?? []) {
        if (isWanted(event, this.#groups[group]!, isAlone)) shown[group]!.push(event);
      }
    }
    for (const [group, groupEvents] of shown.entries()) {
      if (groupEvents.length === 0) continue;
      for (const detector of this.#groups[group]!.detectors) {
        for (const event of groupEvents) detector.show(event, isAlone);
        if (isAlone) detector.endLap();
      }
    }
    if (isAlone) this.#runsAloneLeft--;
    else this.#measureTogether();
  }

  #measureTogether(): void {
    this.#stopwatch.lap();
    if (this.#stopwatch.longestMs > MAX_HOLD_MS) this.#runsAloneLeft = RUNS_ALONE_AFTER_HOLD;
  }
}
