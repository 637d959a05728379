import type { InspectorFinding, RequestInspector } from './request-inspector.js';
import type { RequestFacts, SettledVerdict, Verdict } from './verdict.js';

/** What the bouncer does about a request of which it has a verdict by the decisions. */
export interface FurtherInspection {
  readonly inspector: RequestInspector;
  readonly facts: RequestFacts;
  /** Whether the decisions refuse the request, in `mode: 'log'` as well. */
  isRefused(verdict: SettledVerdict): boolean;
  actOn(finding: InspectorFinding): SettledVerdict | Promise<SettledVerdict>;
  failed(error: unknown): SettledVerdict;
}

/** Has the inspector look at a request that goes on, once that is known: a remedy may still be at work. */
export function inspectFurther(further: FurtherInspection, verdict: SettledVerdict): Verdict {
  const { settled } = verdict;
  if (settled === undefined) return inspectNow(further, verdict);
  const inspected = settled.then((concluded) => {
    const next = inspectNow(further, concluded);
    return next.settled ?? next;
  });
  return { ...verdict, settled: inspected.catch((error: unknown) => further.failed(error)) };
}

function inspectNow(further: FurtherInspection, verdict: SettledVerdict): Verdict {
  const { inspector, facts } = further;
  const refused = further.isRefused(verdict);
  if (refused && !inspector.wantsRefused) return verdict;
  const inspected = inspector.inspect(facts, verdict.ip);
  if (inspected === undefined) return verdict;
  const settled = inspected
    .then((finding) => (finding === undefined || refused ? verdict : further.actOn(finding)))
    .catch((error: unknown) => further.failed(error));
  return { ...verdict, settled };
}
