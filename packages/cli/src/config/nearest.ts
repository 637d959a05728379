import { distance } from 'fastest-levenshtein';

/**
 * The name that somebody most likely meant; `undefined` when none is near.
 *
 * @param most how many letters may be wrong; a third of them by default
 */
export function nearest(
  name: string,
  known: readonly string[],
  most = Math.max(1, Math.floor(name.length / 3)),
): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, away: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.away - b.away);
  const [best] = ranked;
  return best !== undefined && best.away <= most ? best.candidate : undefined;
}

/** What to say after the name of something that does not exist: ` Did you mean x?`, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant === undefined ? '' : ` Did you mean ${meant}?`;
}
