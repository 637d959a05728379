import type { Clock } from '../clock.js';
import {
  checkDecision,
  checkTarget,
  type CheckedDecision,
  type LocalDecisionRequest,
  type LocalDecisionResult,
} from '../decide.js';
import type { LocalDecision } from '../decisions/local-decisions.js';
import type { AwaitedPromises } from '../keep-process-alive.js';
import type { Receipt, Report } from '../signals/report.js';
import type { AgentDecisions } from './agent-decisions.js';

export interface LocalDecisionWriterOptions extends Pick<AgentDecisions, 'engine' | 'local' | 'localSync'> {
  readonly clock: Clock;
  readonly report: (report: Report) => Receipt;
  /** Keeps the process alive for those who wait for `stored`. */
  readonly promises: AwaitedPromises;
}

/** Makes and lifts the decisions of this installation, in memory at once and in the store soon after. */
export class LocalDecisionWriter {
  readonly #options: LocalDecisionWriterOptions;
  #invalidIps = 0;

  constructor(options: LocalDecisionWriterOptions) {
    this.#options = options;
  }

  /** How many decisions were refused in this process, by reason. */
  get refused(): Readonly<Partial<Record<'invalid-ip', number>>> {
    return this.#invalidIps === 0 ? {} : { 'invalid-ip': this.#invalidIps };
  }

  /** @throws CrowdsecError `CROWDSEC_OPTION_INVALID`, or `CROWDSEC_SCENARIO_UNDECLARED` when it is to be reported */
  decide(decision: LocalDecisionRequest): LocalDecisionResult {
    const checked = checkDecision(decision);
    return 'refused' in checked ? this.#refuse(checked.refused) : this.#decide(checked);
  }

  /** For extensions, which never weaken what holds: of two decisions about the same, the stronger type stays, then the later end. */
  decideUnlessStronger(decision: LocalDecisionRequest): LocalDecisionResult {
    const { clock, engine, local } = this.#options;
    const checked = checkDecision(decision);
    if ('refused' in checked) return this.#refuse(checked.refused);
    const { value, type, durationMs } = checked;
    const held = local.of(value, clock.now());
    if (held === undefined) return this.#decide(checked);
    const [rank, heldRank] = [engine.rankOf(type), engine.rankOf(held.type)];
    const isWeaker = rank > heldRank || (rank === heldRank && clock.now() + durationMs <= held.expiresAt);
    return isWeaker ? { value, expiresAt: held.expiresAt, stored: Promise.resolve() } : this.#decide(checked);
  }

  /**
   * Lifts the decision about exactly this address or range; false when there is none.
   *
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`
   */
  lift(decision: { readonly ip?: string | undefined; readonly range?: string | undefined }): boolean {
    const { clock, local, localSync } = this.#options;
    const value = checkTarget(decision);
    const lifted = value !== undefined && local.remove(value, clock.now()) !== undefined;
    if (lifted) void localSync.save();
    return lifted;
  }

  /** The decisions that are in force. */
  entries(): readonly LocalDecision[] {
    const { clock, local } = this.#options;
    return local.entries(clock.now()).filter(({ lifted }) => !lifted);
  }

  #refuse(value: string): LocalDecisionResult {
    this.#invalidIps++;
    return { value, expiresAt: Math.ceil(this.#options.clock.now()), stored: Promise.resolve(), refused: 'invalid-ip' };
  }

  #decide({ value, type, duration, durationMs, scenario, report }: CheckedDecision): LocalDecisionResult {
    const { clock, local, localSync } = this.#options;
    const where = value.includes('/') ? { range: value } : { ip: value };
    // First, for it throws when the scenario is not declared, and then nothing is decided.
    const receipt = report ? this.#options.report({ ...where, scenario, decision: { type, duration } }) : undefined;
    const { expiresAt } = local.add({ value, type, durationMs, scenario }, clock.now());
    return new PendingDecision(
      { value, expiresAt, ...(receipt && { receipt }) },
      localSync.save(),
      this.#options.promises,
    );
  }
}

/** A decision that holds here, and is being stored. */
class PendingDecision implements LocalDecisionResult {
  readonly value: string;
  readonly expiresAt: number;
  readonly receipt?: Receipt;
  readonly #stored: Promise<void>;
  readonly #promises: AwaitedPromises;

  constructor(made: Omit<LocalDecisionResult, 'stored'>, stored: Promise<void>, promises: AwaitedPromises) {
    this.value = made.value;
    this.expiresAt = made.expiresAt;
    if (made.receipt !== undefined) this.receipt = made.receipt;
    this.#stored = stored;
    this.#promises = promises;
  }

  /** Whoever asks for it is taken to wait for it: the process lives until it settles, or the agent is stopped. */
  get stored(): Promise<void> {
    return this.#promises.awaited(this.#stored);
  }
}
