import { READ_BYTES } from './journal-segment.js';

/** The location of the value of a waiting entry in the segment files. */
export interface Place {
  readonly segment: string;
  readonly offset: number;
  readonly length: number;
  readonly generation: number;
}

/** Which of its values an entry has there. */
export function revisionOf({ segment, offset }: Place): string {
  return `${segment}:${offset}`;
}

/** The places of one segment in groups that are read at once. */
export function* neighbours(
  places: readonly Place[],
): Generator<{ start: number; end: number; places: readonly Place[] }> {
  let group: Place[] = [];
  let start = 0;
  let end = 0;
  for (const place of [...places].sort((a, b) => a.offset - b.offset)) {
    const placeEnd = place.offset + place.length;
    if (group.length > 0 && placeEnd - start > READ_BYTES) {
      yield { start, end, places: group };
      group = [];
    }
    if (group.length === 0) start = place.offset;
    group.push(place);
    end = placeEnd;
  }
  if (group.length > 0) yield { start, end, places: group };
}

/** The places of each segment together. */
export function bySegment(places: readonly Place[]): Map<string, Place[]> {
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    const group = groups.get(place.segment);
    if (group === undefined) groups.set(place.segment, [place]);
    else group.push(place);
  }
  return groups;
}
