import type { AppFacts } from '@crowdsec-sdk/core';
import type { DetectionEvent, Extension, Outcome, RequestTraits } from '@crowdsec-sdk/core/extension';

const START = Date.UTC(2026, 0, 1);
const VISITOR = '203.0.113.7';

/** What of an event matters to a test; the rest is a visitor who passes. */
export interface Told {
  readonly ip?: string;
  /** Seconds since the first event could happen. */
  readonly second?: number;
}

export function requested(path: string, told: Told & Partial<RequestTraits> = {}): DetectionEvent {
  return { kind: 'request', ...base(told), ...traits(path, told) };
}

export function answered(path: string, status: number, told: Told & Partial<RequestTraits> = {}): DetectionEvent {
  return { kind: 'response', ...base(told), ...traits(path, told), status, durationMs: 5 };
}

export function observed(kind: `app:${string}`, facts: AppFacts = {}, told: Told = {}): DetectionEvent {
  return { kind, ...base(told), facts };
}

/** Shows events to the detectors of an extension, one after the other; what they make of them. */
export async function feed({ detectors = [] }: Extension, events: Iterable<DetectionEvent>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const event of events) {
    for (const detector of detectors.filter(({ on }) => on.includes(event.kind))) {
      const outcome = await detector.detect(event);
      if (outcome !== undefined) outcomes.push(outcome);
    }
  }
  return outcomes;
}

/** `length` events, each made from its number. */
export function times(length: number, make: (i: number) => DetectionEvent): DetectionEvent[] {
  return Array.from({ length }, (_, i) => make(i));
}

function base({ ip = VISITOR, second = 0 }: Told): { ip: string; at: number } {
  return { ip, at: START + second * 1_000 };
}

function traits(path: string, told: Partial<RequestTraits>): RequestTraits {
  const { method = 'GET', userAgent = 'Mozilla/5.0', action = 'pass' } = told;
  return { method, path, userAgent, action };
}
