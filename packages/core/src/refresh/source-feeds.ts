import { CrowdsecError } from '../errors.js';
import type { DecisionSource } from '../sources/decision-source.js';

/** Whether decisions of this feed are the source's own. */
export function ownsFeed(source: DecisionSource, feed: string): boolean {
  return beginningsOf(source).some((beginning) => feed.startsWith(beginning));
}

/** A source that each process asks itself, and of which nothing is stored. */
export function isLocal(source: DecisionSource): boolean {
  return source.everyMs !== undefined;
}

/**
 * Refuses sources that share a name or could speak for each other.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`
 */
export function checkSources(sources: readonly DecisionSource[]): void {
  for (const [i, source] of sources.entries()) {
    const { name, everyMs } = source;
    if (!name) throw invalid(i, 'has no name');
    if (everyMs !== undefined && !(Number.isInteger(everyMs) && everyMs >= 1_000)) {
      throw invalid(i, `"${name}": everyMs must be a whole number of at least 1,000`);
    }
    for (const other of sources.slice(0, i)) {
      if (other.name === name) throw invalid(i, `"${name}" is there twice; give one of them another name`);
      if (overlap(source, other)) throw invalid(i, `"${name}" has feeds that begin as those of "${other.name}" do`);
    }
  }
}

function overlap(a: DecisionSource, b: DecisionSource): boolean {
  const clash = (left: string, right: string): boolean => left.startsWith(right) || right.startsWith(left);
  return beginningsOf(a).some((left) => beginningsOf(b).some((right) => clash(left, right)));
}

function beginningsOf({ name, feeds = [`${name}:`] }: DecisionSource): readonly string[] {
  return feeds;
}

function invalid(index: number, why: string): CrowdsecError {
  return new CrowdsecError('CROWDSEC_OPTION_INVALID', `The source of decisions ${why}.`, { path: `sources[${index}]` });
}
