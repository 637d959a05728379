/** More segments than this are made fewer. */
const MAX_SEGMENTS = 24;

/**
 * Which of the last segments to write as one, so that there are few and each decision is rewritten seldom: from the end
 * on, all that are not much larger than what follows them. Undefined while there are few.
 */
export function segmentsToJoin<Segment extends { readonly count: number }>(
  segments: readonly Segment[],
): readonly Segment[] | undefined {
  if (segments.length <= MAX_SEGMENTS) return undefined;
  let first = segments.length - 1;
  let total = segments[first]!.count;
  while (first > 0 && (segments.length - first < MAX_SEGMENTS / 2 || segments[first - 1]!.count <= 2 * total)) {
    total += segments[--first]!.count;
  }
  return segments.slice(first);
}
