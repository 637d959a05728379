import { mustBeWrittenBack, type Clock } from '../clock.js';
import type { JsonValue, Lease, Store } from '../store/store.js';
import { BudgetClock } from './budget-clock.js';
import {
  MAX_STORED_WAIT_MS,
  NO_FAILURES,
  pullPermission,
  pullRecordSchema,
  spentRecord,
  recordPullAttempt,
  type PullPermission,
  type CapiPullFailure,
  type PullRecord,
} from './pull-budget.js';

export interface PullBudgetRecordOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * The budget of pulls over all processes: what the store says of it and what this process knows beyond that. A pull
 * that could not be written down counts here all the same.
 */
export class PullBudgetRecord {
  /** What the moments of {@link permission} are counted in. */
  readonly clock: BudgetClock;
  readonly #options: PullBudgetRecordOptions;
  #record: PullRecord = NO_FAILURES;
  #isUnsaved = false;

  constructor(options: PullBudgetRecordOptions) {
    this.#options = options;
    this.clock = new BudgetClock(options.clock);
  }

  /** Whether it holds something that is not stored yet. */
  get isUnsaved(): boolean {
    return this.#isUnsaved;
  }

  /** Whether the last pull was tried and its decisions were not stored. */
  get isUnfinished(): boolean {
    return this.#record.failures > 0;
  }

  /** How long the next pull waits after the last one failed, in ms. */
  get waitMs(): number {
    return this.#record.waitMs;
  }

  /**
   * Reads what the store says, unless this process knows better. A damaged record counts as a budget that is spent.
   *
   * @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE` when the store does not answer
   */
  async load(): Promise<void> {
    if (this.#isUnsaved) return;
    const { store, clock } = this.#options;
    const read = await store.read('refresh', (value) => pullRecordSchema.parse(value));
    if (read.state !== 'damaged') {
      this.#record = read.state === 'present' ? read.value : NO_FAILURES;
      this.#clampToPresent(clock.now());
      return;
    }
    this.#record = spentRecord(clock.now());
    this.#isUnsaved = true;
  }

  /** A record of a clock that was ahead: its moments become the present, for every process and after every restart. */
  #clampToPresent(now: number): void {
    const { pulledAt, failedAt } = this.#record;
    if (!mustBeWrittenBack(pulledAt, now) && !mustBeWrittenBack(failedAt, now)) return;
    // A process that has seen them before the wall clock went back knows how long ago they were.
    const present = (storedMs: number): number => this.clock.wallTimeOf(this.clock.momentOf(storedMs));
    this.#record = {
      ...this.#record,
      failedAt: present(failedAt),
      ...(pulledAt !== undefined && { pulledAt: present(pulledAt) }),
    };
    this.#isUnsaved = true;
  }

  /** @param pulledAt when what is held was pulled, in ms since the epoch */
  permission(pulledAt: number | undefined): PullPermission {
    const { failures, failedAt, waitMs } = this.#record;
    return pullPermission({
      pulledAt: this.pulledAt(pulledAt),
      record: { failures, failedAt: failures === 0 ? 0 : this.clock.momentOf(failedAt), waitMs },
      now: this.clock.now(),
    });
  }

  /** The last pull that CAPI answered, held or not, as a moment of {@link clock}. */
  pulledAt(heldPulledAt: number | undefined): number | undefined {
    const pulls = [heldPulledAt, this.#record.pulledAt].filter((moment) => moment !== undefined);
    return pulls.length === 0 ? undefined : Math.max(...pulls.map((moment) => this.clock.momentOf(moment)));
  }

  /** Counts a pull that is about to leave, and writes that down first. */
  async attempt(lease: Lease, now: number): Promise<void> {
    this.clock.momentOf(now);
    const record = recordPullAttempt(this.#record, now, this.#options.random());
    await lease.put('refresh', storable(record));
    this.#record = record;
  }

  /** Why the last pull failed, of whichever process; `undefined` when it did not. */
  get failure(): CapiPullFailure | undefined {
    return this.#record.failure;
  }

  /** The pull that was counted has failed. While the server asked to wait, no process pulls. Never rejects. */
  async failed(
    lease: Lease,
    { askedMs, failure }: { readonly askedMs: number; readonly failure: CapiPullFailure | undefined },
  ): Promise<void> {
    const waitMs = Math.max(this.#record.waitMs, Math.min(MAX_STORED_WAIT_MS, askedMs));
    this.#record = { ...this.#record, waitMs, failure };
    this.#isUnsaved = true;
    await this.save(lease).catch(() => undefined);
  }

  /** CAPI has answered the pull that began at `now`. */
  answered(now: number): void {
    this.#record = { ...NO_FAILURES, pulledAt: now };
    this.#isUnsaved = true;
  }

  async save(lease: Lease): Promise<void> {
    if (!this.#isUnsaved) return;
    const record = this.#record;
    await lease.put('refresh', storable(record));
    if (this.#record === record) this.#isUnsaved = false;
  }
}

function storable({ failure, ...record }: PullRecord): JsonValue {
  return { ...record, ...(failure === undefined ? {} : { failure: { ...failure } }) };
}
