/**
 * How often a property test runs its property: so often as it says, times the environment variable `PROPERTY_RUNS_FACTOR` (1 by default).
 *
 * @param usual how often in an ordinary run of the tests
 */
export function propertyRuns(usual = 100): number {
  const factor = Number(process.env.PROPERTY_RUNS_FACTOR ?? 1);
  if (!(factor > 0)) throw new Error('PROPERTY_RUNS_FACTOR must be a number of more than zero');
  return Math.ceil(usual * factor);
}
