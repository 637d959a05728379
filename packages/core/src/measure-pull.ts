/**
 * Runs a pull of decisions, measures it, and hands on what it comes to.
 *
 * @param source who is asked: `capi`, `lapi`, or the name of another source
 */
export type MeasurePull = <T>(source: string, pull: () => Promise<T>) => Promise<T>;

/** For agents of which nobody wants to know that. */
export const unmeasuredPull: MeasurePull = (_source, pull) => pull();
