import type { Clock } from '../clock.js';
import { checkDecision, checkTarget, type LocalDecisionRequest } from '../decide.js';
import { checkLinks } from '../decisions/check-index.js';
import { DecisionIndex } from '../decisions/decision-index.js';
import { FORMAT } from '../decisions/index-blob.js';
import { LocalDecisions, type LocalDecision } from '../decisions/local-decisions.js';
import { CrowdsecError } from '../errors.js';
import type { Logger } from '../logger.js';
import { LocalDecisionLog } from '../refresh/local-decision-log.js';
import { SEGMENT_LIST_FORMAT } from '../refresh/local-decision-segments.js';
import { clearedBlob, fromBlob, isCleared, pulledAtOf } from '../refresh/snapshot.js';
import { RemediationEngine } from '../remediation/remediation-engine.js';
import type { Scheduler } from '../scheduler.js';
import { underLease } from '../store/acquire.js';
import type { JsonValue, Store, StoreKey } from '../store/store.js';
import type { InstallationOptions } from './installation-options.js';

const LEASE_TTL_MS = 20_000;
/** A process that writes its own decisions is done by then. */
const LEASE_WAIT_MS = 10_000;

export interface InstallationDecisionsOptions {
  readonly options: InstallationOptions;
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** The decisions of an installation as they are stored. */
export interface StoredDecisions {
  /** Those of the network. */
  readonly index: DecisionIndex;
  /** When CAPI was pulled for them, in ms since the epoch; absent before the first pull. */
  readonly pulledAt?: number;
  /** What is wrong with them, when they can't be read. */
  readonly damage?: string;
  /** Those of a local API, as the processes of the installation hold them; empty where none is configured. */
  readonly lapi: readonly DecisionIndex[];
  /** Those of this installation, in force. */
  readonly local: readonly LocalDecision[];
  /** Weighs all of them by the policy of the options. */
  readonly engine: RemediationEngine;
}

/** Reads the decisions that an installation has stored, and adds to its local ones as its own processes do. */
export class InstallationDecisions {
  readonly #options: InstallationDecisionsOptions;
  readonly #local: LocalDecisions;
  readonly #log: LocalDecisionLog;

  constructor(options: InstallationDecisionsOptions) {
    this.#options = options;
    this.#local = new LocalDecisions({ limit: options.options.maxLocalDecisions });
    this.#log = new LocalDecisionLog({ ...options, local: this.#local });
  }

  /** @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE`, or `CROWDSEC_STORE_NEWER` */
  async load(): Promise<StoredDecisions> {
    const { options, clock, logger } = this.#options;
    const { index = DecisionIndex.empty, ...network } = await this.#read();
    const { remediations, fallbackRemediation, bouncingLevel, ignore, geo } = options;
    const policy = { remediations, fallbackRemediation, bouncingLevel, ignore };
    const asksGeo = index.needsGeo || options.lapi !== undefined;
    const lookup = typeof geo === 'object' && asksGeo ? await geo.open() : geo;
    const engine = new RemediationEngine({
      ...policy,
      geo: typeof lookup === 'function' ? lookup : undefined,
      clock,
      logger,
      local: this.#local,
    });
    engine.swap(index, { partial: network.pulledAt === undefined });
    const lapi = options.lapi === undefined ? [] : await this.#loadLapi(engine);
    return { index, lapi, ...network, local: this.#inForce(), engine };
  }

  /** @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE`, or `CROWDSEC_STORE_NEWER` for what this version must not write over */
  async checkReadable(): Promise<void> {
    await this.#read();
  }

  /** Those of the network, and in passing the local ones. */
  async #read(): Promise<Partial<Pick<StoredDecisions, 'index' | 'pulledAt' | 'damage'>>> {
    const [network] = await Promise.all([this.#network(), this.#loadLocal()]);
    return network;
  }

  async #loadLapi(engine: RemediationEngine): Promise<readonly DecisionIndex[]> {
    const { options, store, clock, logger } = this.#options;
    const { loadLapiDecisions } = await import('./installation-lapi.js');
    return loadLapiDecisions(options.lapi, { engine, store, clock, logger, hasGeo: options.geo !== undefined });
  }

  /**
   * Makes these decisions, all of them in one write; the processes of the installation have them within seconds.
   *
   * @returns the addresses and ranges in canonical spelling, and the texts that are neither
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a wrong request, before anything is decided; `CROWDSEC_LEASE_BUSY`, or what the
   *   store threw
   */
  async decide(
    requests: readonly LocalDecisionRequest[],
  ): Promise<{ readonly decided: readonly LocalDecision[]; readonly refused: readonly string[] }> {
    const checked = requests.map((request) => checkDecision(request));
    await this.#loadLocal();
    const { clock } = this.#options;
    const decided: LocalDecision[] = [];
    const refused: string[] = [];
    for (const decision of checked) {
      if ('refused' in decision) refused.push(decision.refused);
      else decided.push(this.#local.add(decision, clock.now()));
    }
    if (decided.length > 0) await this.#store();
    return { decided, refused };
  }

  /**
   * Lifts the local decisions that are chosen, in one write; which ones those were.
   *
   * @throws CrowdsecError `CROWDSEC_LEASE_BUSY`, or what the store threw
   */
  async lift(isChosen: (decision: LocalDecision) => boolean): Promise<readonly LocalDecision[]> {
    await this.#loadLocal();
    const chosen = this.#inForce().filter(isChosen);
    for (const { value } of chosen) this.#local.remove(value, this.#options.clock.now());
    if (chosen.length > 0) await this.#store();
    return chosen;
  }

  /**
   * Forgets the decisions of the network, but not when they were pulled: the next pull comes no sooner for it, and asks for all. Running
   * processes keep theirs until then. How many there were.
   *
   * @throws CrowdsecError `CROWDSEC_LEASE_BUSY`, `CROWDSEC_STORE_NEWER`, or what the store threw
   */
  async clear(): Promise<number> {
    const { store, scheduler } = this.#options;
    const { index = DecisionIndex.empty, pulledAt } = await this.#read();
    if (pulledAt === undefined) {
      await store.delete('decisions');
      return index.size;
    }
    const wanted = { name: 'refresh', ttlMs: LEASE_TTL_MS, waitMs: LEASE_WAIT_MS };
    await underLease(store, scheduler, wanted, (lease) => lease.putBlob('decisions', clearedBlob(pulledAt)));
    return index.size;
  }

  /** The local decisions in force. */
  async local(): Promise<readonly LocalDecision[]> {
    await this.#loadLocal();
    return this.#inForce();
  }

  #inForce(): readonly LocalDecision[] {
    return this.#local.entries(this.#options.clock.now()).filter(({ lifted }) => !lifted);
  }

  async #network(): Promise<Partial<Pick<StoredDecisions, 'index' | 'pulledAt' | 'damage'>>> {
    const { store } = this.#options;
    const read = await store.readBlob('decisions', (blob) => {
      if (isCleared(blob)) return { pulledAt: pulledAtOf(blob.head) };
      const snapshot = fromBlob(blob);
      checkLinks(snapshot.index);
      return snapshot;
    });
    if (read.state === 'absent') return {};
    if (read.state === 'damaged') {
      const { index } = (read.head ?? {}) as { readonly index?: JsonValue };
      if (read.isNewer === true || isNewer(index, FORMAT)) throw newerStore(store, 'decisions');
      const pulledAt = pulledAtOf(read.head);
      return { damage: read.reason, ...(pulledAt === undefined ? {} : { pulledAt }) };
    }
    const { pulledAt } = read.value;
    const index = 'index' in read.value ? read.value.index : undefined;
    const damage = index === undefined ? { damage: 'they were cleared' } : { index };
    return { ...damage, ...(pulledAt === undefined ? {} : { pulledAt }) };
  }

  async #loadLocal(): Promise<void> {
    const { store } = this.#options;
    const list = await store.readBlob('local-decisions', ({ head }) => head);
    const head = list.state === 'present' ? list.value : list.state === 'damaged' ? list.head : undefined;
    if ((list.state === 'damaged' && list.isNewer === true) || isNewer(head, SEGMENT_LIST_FORMAT))
      throw newerStore(store, 'local-decisions');
    await this.#log.load();
  }

  async #store(): Promise<void> {
    const { store, scheduler } = this.#options;
    const wanted = { name: 'local-decisions', ttlMs: LEASE_TTL_MS, waitMs: LEASE_WAIT_MS };
    await underLease(store, scheduler, wanted, (lease) => this.#log.append(lease));
  }
}

/** The one address or range that a person named, in canonical spelling; `undefined` for what is neither. */
export function localDecisionTarget(target: { readonly ip?: string; readonly range?: string }): string | undefined {
  return checkTarget(target);
}

/** Whether a head names the same format as we know, with a larger number. */
function isNewer(head: JsonValue | undefined, known: string): boolean {
  const { format } = (typeof head === 'object' && head !== null ? head : {}) as { readonly format?: JsonValue };
  const [name, number] = typeof format === 'string' ? format.split('/') : [];
  const [knownName, knownNumber] = known.split('/');
  return name === knownName && Number(number) > Number(knownNumber);
}

function newerStore(store: Store, key: StoreKey): CrowdsecError {
  return new CrowdsecError(
    'CROWDSEC_STORE_NEWER',
    `'${key}' in the store (${store.description}) was written by a newer version of this package: update this one.`,
  );
}
