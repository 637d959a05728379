import type { DetectionEvent } from '@crowdsec-sdk/core/extension';

/** As many as a detector is shown in a row before the next of its extension has its turn. */
const MAX_KEPT = 32;

/**
 * The same function, asked once about each event: several rules of a scenario look at the same events, each at some in a row before the
 * next rule does.
 */
export function perEvent<T>(compute: (event: DetectionEvent) => T): (event: DetectionEvent) => T {
  const events: DetectionEvent[] = [];
  const answers: T[] = [];
  let newest = -1;
  /** Whoever asks about an event asks about the next one next. */
  let asked = -1;
  return (event) => {
    asked = (asked + 1) % MAX_KEPT;
    if (events[asked] !== event) asked = events.indexOf(event);
    if (asked < 0) {
      asked = newest = (newest + 1) % MAX_KEPT;
      events[newest] = event;
      answers[newest] = compute(event);
    }
    return answers[asked]!;
  };
}
