import type { Detection } from '../extensions/host.js';

/** How often a scenario was detected, with one outcome. */
export interface DetectionCount {
  readonly extension: string;
  readonly scenario: string;
  /** `acted`, or why nothing was done. */
  readonly outcome: string;
  readonly count: number;
}

/** Counts what detectors find. Scenarios are declared ahead, so there are few. */
export class DetectionCounter {
  readonly #counts = new Map<string, { extension: string; scenario: string; outcome: string; count: number }>();

  add({
    extension,
    scenario,
    suppressed = 'acted',
  }: Pick<Detection, 'extension' | 'scenario'> & { readonly suppressed?: string }): void {
    const key = JSON.stringify([extension, scenario, suppressed]);
    const entry = this.#counts.get(key) ?? { extension, scenario, outcome: suppressed, count: 0 };
    entry.count++;
    this.#counts.set(key, entry);
  }

  get counts(): readonly DetectionCount[] {
    return [...this.#counts.values()];
  }
}
