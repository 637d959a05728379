import type { GeoFacts } from '../decisions/decision-index.js';

/** The country and network of an address; `undefined` if unknown. Synchronous; asked with the canonical spelling of an address. */
export type GeoLookup = (ip: string) => GeoFacts | undefined;

/** A lookup that has to be opened first, such as a database in a file. */
export interface GeoSource {
  /** Called once, by the start of the agent. If it rejects, country and AS decisions do not apply, and health says so. */
  open(): Promise<GeoLookup>;
}
