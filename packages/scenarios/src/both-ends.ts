/** Of a longer path only both ends are looked at: to look at all of it would take visitors' time. */
const MAX_CHARS = 600;

/** A plain path whose middle is left out if it is long, so that patterns still find what it begins and ends with. */
export function bothEnds(plain: string): string {
  if (plain.length <= MAX_CHARS) return plain;
  const tailBegin = plain.indexOf('/', plain.length - MAX_CHARS / 2);
  return `${plain.slice(0, MAX_CHARS / 2)}/…${tailBegin < 0 ? '' : plain.slice(tailBegin)}`;
}
