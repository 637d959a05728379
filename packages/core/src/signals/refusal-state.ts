import * as z from 'zod';

/** So many signals, refused alone one after the other, are no accident: CAPI refuses whatever it is sent. */
const REFUSALS_OF_AN_OUTAGE = 3;

/**
 * What is known of the search for a signal that CAPI refuses calls for (400, 413, 422).
 *
 * A refused call is halved until one signal is refused alone. That may be its own fault, or an outage in which CAPI refuses everything; so it
 * is set aside only when it is refused alone right after CAPI has taken another one. If that is not so, another signal is sent alone, of
 * another kind if there is one: when CAPI takes it, the first is sent once more and judged; when three in a row are refused, it is an outage.
 * Then all are kept, and single signals are tried at growing intervals. All processes share the state, and it outlives them.
 */
export interface RefusalState {
  /** Of the oldest signals in the journal, how many a refused call held. */
  readonly suspects: number;
  /** The signals that were refused alone since CAPI last took one. */
  readonly refusedAlone: readonly RefusedSignal[];
  /** CAPI has taken the last call, or the last before it refused one that was set aside. */
  readonly taken: boolean;
}

export interface RefusedSignal {
  readonly id: string;
  /** See {@link Candidate.kind}. */
  readonly kind: string;
}

/** A signal that waits, oldest first. */
export interface Candidate {
  readonly id: string;
  /** What signals that are likely refused for the same reason have in common. */
  readonly kind: string;
}

export const NOTHING_REFUSED: RefusalState = { suspects: 0, refusedAlone: [], taken: true };

export const refusalStateSchema = z.object({
  suspects: z.number().int().min(0).catch(0),
  refusedAlone: z
    .array(z.object({ id: z.string(), kind: z.string() }))
    .max(REFUSALS_OF_AN_OUTAGE)
    .readonly()
    .catch([]),
  taken: z.boolean().catch(false),
});

/** Whether a search is on, so that the next call is wanted as soon as it may leave. */
export function isSearching({ suspects, refusedAlone }: RefusalState): boolean {
  return suspects > 0 || refusedAlone.length > 0;
}

/** How many of the oldest signals {@link nextBatch} wants to see. */
export function candidatesNeeded(state: RefusalState, mostPerCall: number): number {
  return state.refusedAlone.length > 0 ? mostPerCall : batchSize(state.suspects, mostPerCall);
}

/** The signals of the next call, of those that wait. */
export function nextBatch<T extends Candidate>(
  waiting: readonly T[],
  state: RefusalState,
  { random, mostPerCall }: { readonly random: () => number; readonly mostPerCall: number },
): readonly T[] {
  const { refusedAlone, suspects, taken } = state;
  if (refusedAlone.length === 0) return waiting.slice(0, batchSize(suspects, mostPerCall));
  const refused = waiting.filter(({ id }) => refusedAlone.some((other) => other.id === id));
  if (taken && refused.length > 0) return refused.slice(0, 1);
  const others = waiting.filter((candidate) => !refused.includes(candidate));
  const ofOtherKinds = others.filter(({ kind }) => refusedAlone.every((other) => other.kind !== kind));
  const [choice = []] = [ofOtherKinds, others, waiting].filter(({ length }) => length > 0);
  // Any of them, so that a few that are refused for what is in them are not asked for ever.
  return choice.length === 0 ? [] : [choice[Math.floor(random() * choice.length)]!];
}

/** What is known after CAPI has taken a batch. */
export function afterTaken(
  batch: readonly Candidate[],
  waiting: readonly Candidate[],
  state: RefusalState,
): RefusalState {
  const ids = new Set(batch.map(({ id }) => id));
  const suspects = state.suspects - waiting.slice(0, state.suspects).filter(({ id }) => ids.has(id)).length;
  // That was an outage: those that were refused in it are as good as any.
  if (isOutage(state)) return NOTHING_REFUSED;
  const refusedAlone = state.refusedAlone.filter(({ id }) => !ids.has(id));
  return { suspects: Math.max(0, suspects), refusedAlone, taken: true };
}

/** What to do after CAPI has refused a batch for what is in it. */
export interface RefusalResult {
  readonly state: RefusalState;
  /** The one signal of the batch is what CAPI refuses. */
  readonly isPoisoned: boolean;
  /** Nobody is left to ask, or enough were asked: to go on at this pace is no use. */
  readonly needsBackoff: boolean;
}

/**
 * @param others how many signals wait besides those that were refused alone and this batch
 * @param isProven the refusal says of itself that it is about what is in the call
 */
export function afterRefused(
  batch: readonly Candidate[],
  others: number,
  state: RefusalState,
  isProven = false,
): RefusalResult {
  const [only, ...more] = batch;
  if (only === undefined || more.length > 0) {
    return { state: { ...state, suspects: batch.length, taken: false }, isPoisoned: false, needsBackoff: false };
  }
  const wasSearching = isSearching(state);
  const suspects = Math.max(0, state.suspects - 1);
  const before = state.refusedAlone.filter(({ id }) => id !== only.id);
  if (isProven) return { state: { ...state, suspects, refusedAlone: before }, isPoisoned: true, needsBackoff: false };
  if (state.taken && wasSearching) {
    // The few suspects that are left are judged by the same call that was taken.
    return { state: { suspects, refusedAlone: [], taken: true }, isPoisoned: true, needsBackoff: false };
  }
  const refusedAlone = isOutage(state) ? state.refusedAlone : [...before, { id: only.id, kind: only.kind }];
  const next = { ...state, refusedAlone, taken: false };
  return { state: next, isPoisoned: false, needsBackoff: isOutage(next) || others === 0 };
}

function isOutage({ refusedAlone }: RefusalState): boolean {
  return refusedAlone.length >= REFUSALS_OF_AN_OUTAGE;
}

/** How many signals the next call of a search takes: half of the suspects, or a full call's worth when there are none. */
function batchSize(suspects: number, mostPerCall: number): number {
  return suspects === 0 ? mostPerCall : Math.min(mostPerCall, Math.ceil(suspects / 2));
}
