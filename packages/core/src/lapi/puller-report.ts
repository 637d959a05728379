import * as z from 'zod';
import type { JsonValue, Lease, Store } from '../store/store.js';
import { storedMomentSchema } from '../stored-moment.js';

/** How the pulls of LAPI go; moments are in ms since the epoch. */
export interface PullerReport {
  /** When LAPI last answered. */
  readonly pulledAt?: number | undefined;
  /** When it last told everything. */
  readonly fullAt?: number | undefined;
  readonly nextPullAt?: number | undefined;
  /** Why the last pull failed; absent when it did not. */
  readonly failure?: PullFailure | undefined;
}

export interface PullFailure {
  /** The code of a `CrowdsecError`. */
  readonly code: string;
  readonly message: string;
  /** When the first of the failures in a row was. */
  readonly since: number;
}

/** The report is written this often while nothing changes, in ms. */
const EVERY_MS = 10_000;

const schema = z.object({
  network: z.string(),
  pulledAt: storedMomentSchema.optional(),
  fullAt: storedMomentSchema.optional(),
  nextPullAt: storedMomentSchema.optional(),
  failure: z.object({ code: z.string(), message: z.string(), since: storedMomentSchema }).optional(),
});

/** What the process that pulls tells the others, through the store. */
export class PullerReports {
  readonly #store: Store;
  readonly #network: string;
  #written: { readonly at: number; readonly failure: string | undefined } | undefined;

  constructor(options: { readonly store: Store; readonly network: string }) {
    this.#store = options.store;
    this.#network = options.network;
  }

  /** The report of whoever pulls; `undefined` where there is none. */
  async read(): Promise<PullerReport | undefined> {
    const read = await this.#store.read('lapi-puller', (value) => schema.parse(value));
    return read.state === 'present' && read.value.network === this.#network ? read.value : undefined;
  }

  /** Writes it, now and then or when things have changed. Never rejects: it is for health alone. */
  async write(lease: Lease, report: PullerReport, now: number): Promise<void> {
    if (!this.#store.shared) return;
    const failure = report.failure?.message;
    const written = this.#written;
    if (written !== undefined && written.failure === failure && Math.abs(now - written.at) < EVERY_MS) return;
    this.#written = { at: now, failure };
    const value = JSON.parse(JSON.stringify({ network: this.#network, ...report })) as JsonValue;
    await lease.put('lapi-puller', value).catch(() => undefined);
  }
}
