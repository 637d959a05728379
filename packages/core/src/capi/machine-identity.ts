import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.js';
import { CrowdsecError } from '../errors.js';
import type { Logger } from '../logger.js';
import { Secret } from '../secret.js';
import type { Lease, Store } from '../store/store.js';
import {
  newCredentials,
  type Credentials,
  type MachineInUse,
  type StoredCredentials,
  type StoredMachine,
} from './credentials.js';
import { MomentAges } from './moment-ages.js';
import { pairOf, type SessionMemory } from './session-memory.js';
import type { Token } from './token.js';

/** A machine that running processes have reported as used within this time, in ms, is in use. */
const IN_USE_MS = 60_000;
/** How often they report it, in ms. */
const TELL_IN_USE_MS = 20_000;

export interface MachineIdentityOptions {
  readonly store: Store;
  readonly memory: SessionMemory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly machineIdPrefix: string;
  /** Credentials that the user keeps; they are never replaced. */
  readonly credentials?: { readonly machineId: string; readonly password: string };
  /** Registers although the identity will not outlive the process. */
  readonly ephemeral: boolean;
  /** Awaited before the identity is put back into a store that was emptied. */
  readonly onStoreEmptied?: () => Promise<void>;
}

/** A pair to log in with; one that was made just now is not known to CAPI. */
export interface CandidatePair {
  readonly pair: Credentials;
  readonly isNew: boolean;
}

/**
 * Which machine this installation is. Its credentials are kept by prefix: a prefix that is changed and changed back finds its machine
 * again. What is written is fenced by the session's lease.
 */
export class MachineIdentity {
  readonly #options: MachineIdentityOptions;
  readonly #ages: MomentAges;
  readonly #by = randomBytes(8).toString('hex');
  #known: StoredCredentials | undefined;

  constructor(options: MachineIdentityOptions) {
    this.#options = options;
    this.#ages = new MomentAges(options.clock);
  }

  /** The machine in use, as it was last read or written. */
  get current(): StoredMachine | undefined {
    return this.#known;
  }

  /** Whether the machine in use is the one that the options ask for. */
  isOurs(): boolean {
    return this.#known !== undefined && this.#isWanted(this.#known);
  }

  /** A token of another machine than ours is not ours. */
  owns({ machineId }: Token): boolean {
    const { credentials: given } = this.#options;
    if (given !== undefined) return machineId === given.machineId;
    return this.isOurs() && this.#known?.machineId === machineId;
  }

  /** Reads what is stored; returns whether the store was emptied and lacks what this process holds. */
  async load(): Promise<{ readonly isForgotten: boolean }> {
    const stored = await this.#options.memory.credentials();
    if (stored !== undefined) this.#known = stored;
    return { isForgotten: stored === undefined && this.#known !== undefined };
  }

  /**
   * Reads what the store knows, under the lease: puts back what it has lost, from this process or from the copy. A pair whose
   * token is stored has logged in, whatever a crash kept from being written.
   *
   * @param token of this process, put back with the credentials
   */
  async loadOrRecover(lease: Lease, token: Token | undefined): Promise<void> {
    const { memory } = this.#options;
    const { isForgotten } = await this.load();
    if (isForgotten || this.#known === undefined) await this.#recover(lease, token);
    if (this.#known?.status !== 'pending') return;
    const stored = await memory.token();
    if (stored?.machineId === this.#known.machineId) await this.validate(lease, stored);
  }

  async #recover(lease: Lease, token: Token | undefined): Promise<void> {
    const { credentials: given, store, memory, logger } = this.#options;
    const known = this.#known ?? (await memory.copiedCredentials());
    if (known === undefined || (given !== undefined && !this.#isWanted(known))) return;
    logger.warn(
      `The store (${store.description}) has lost the credentials of machine ${known.machineId}: they are put back.`,
      { code: 'MACHINE_RESTORED' },
    );
    await this.#options.onStoreEmptied?.();
    await this.#keep(lease, known);
    if (token?.machineId === known.machineId) await memory.putToken(lease, token);
  }

  /** A token was given for the pair: it is validated for ever. */
  async validate(lease: Lease, { machineId }: Token): Promise<void> {
    const known = this.#known;
    if (known?.machineId !== machineId || known.status === 'validated') return;
    await this.#keep(lease, { ...known, status: 'validated' });
  }

  /**
   * The pair to use, stored before it is ever sent; `undefined` when a new one must be made.
   *
   * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` when running processes use another machine of this installation
   */
  async pair(lease: Lease): Promise<CandidatePair | undefined> {
    const { credentials: given, logger } = this.#options;
    const known = this.#known;
    const kept = known === undefined ? [] : [known, ...known.others];
    const wanted = kept.find((machine) => this.#isWanted(machine));
    if (wanted === undefined || wanted !== known) await this.#refuseWhileAnotherIsInUse();
    if (given !== undefined) {
      const pair = { machineId: given.machineId, password: new Secret(given.password) };
      if (wanted === undefined || wanted !== known) {
        await this.#use(lease, wanted ?? { machineId: given.machineId, prefix: '', status: 'pending' });
      }
      return { pair, isNew: false };
    }
    const pair = wanted === undefined ? undefined : pairOf(wanted);
    if (wanted === undefined || pair === undefined) return undefined;
    if (wanted !== known) {
      logger.warn(`The machine id prefix has changed: ${known?.machineId ?? ''} gives way to ${wanted.machineId}.`, {
        code: 'MACHINE_PREFIX_CHANGED',
      });
      await this.#use(lease, wanted);
    }
    return { pair, isNew: false };
  }

  /** @throws CrowdsecError `CROWDSEC_NO_DURABLE_STORE` */
  async newPair(lease: Lease): Promise<CandidatePair> {
    const { machineIdPrefix: prefix, store, ephemeral, logger } = this.#options;
    if (!store.durable && !ephemeral) {
      throw new CrowdsecError(
        'CROWDSEC_NO_DURABLE_STORE',
        'Nothing is registered without a store that outlives the process: give `stateDir`, a durable `store` or `credentials`, ' +
          'or say `ephemeral: true`.',
      );
    }
    if (this.#known !== undefined && this.#known.prefix !== prefix)
      logger.warn(`The machine id prefix has changed: ${this.#known.machineId} gives way to a new machine.`, {
        code: 'MACHINE_PREFIX_CHANGED',
      });
    const pair = newCredentials(prefix);
    const { machineId, password } = pair;
    await this.#use(lease, { machineId, password: password.reveal(), prefix, status: 'pending' });
    return { pair, isNew: true };
  }

  /** Tells other processes which machine is in use, if it is ours. */
  async recordInUse(): Promise<void> {
    const { memory, clock, credentials: given } = this.#options;
    if (this.#known === undefined || !this.isOurs()) return;
    const inUse = await memory.machineInUse();
    const { machineId, prefix } = this.#known;
    if (inUse?.machineId === machineId && this.#ageOf(inUse) < TELL_IN_USE_MS) return;
    await memory.putMachineInUse({ machineId, prefix, isGiven: given !== undefined, at: clock.now(), by: this.#by });
  }

  /** This process uses it no longer. */
  async recordUnused(): Promise<void> {
    const { memory } = this.#options;
    if ((await memory.machineInUse())?.by === this.#by) await memory.deleteMachineInUse();
  }

  async #refuseWhileAnotherIsInUse(): Promise<void> {
    const { clock, memory, credentials: given, machineIdPrefix } = this.#options;
    const used = await memory.machineInUse();
    if (used === undefined) return;
    const leftMs = IN_USE_MS - this.#ageOf(used);
    const isOurs =
      given === undefined ? !used.isGiven && used.prefix === machineIdPrefix : used.machineId === given.machineId;
    if (isOurs || leftMs <= 0) return;
    const ours = given === undefined ? `the prefix '${machineIdPrefix}'` : `the given machine ${given.machineId}`;
    const theirs = used.isGiven ? `the given machine ${used.machineId}` : `the prefix '${used.prefix}'`;
    const path = given === undefined ? 'options.machineIdPrefix' : 'options.credentials';
    throw new CrowdsecError(
      'CROWDSEC_OPTION_INVALID',
      `${path}: two machines are asked for in one store: ${ours} by this process, ${theirs} by one that runs. ` +
        'Give them the same options, or a `namespace` each.',
      { path, nextAt: clock.now() + leftMs },
    );
  }

  #ageOf({ at }: MachineInUse): number {
    return this.#options.clock.now() - this.#ages.present(at);
  }

  #isWanted({ machineId, prefix, password }: StoredMachine): boolean {
    const { credentials: given, machineIdPrefix } = this.#options;
    if (given !== undefined) return machineId === given.machineId;
    return password !== undefined && prefix === machineIdPrefix;
  }

  /** Takes the machine into use and keeps those of other prefixes; one of the same prefix that was never validated goes. */
  async #use(lease: Lease, machine: StoredMachine): Promise<void> {
    const known = this.#known;
    const others = (known === undefined ? [] : [known, ...known.others]).filter(
      ({ machineId, prefix, password }) =>
        machineId !== machine.machineId &&
        password !== undefined &&
        // Two machines of one prefix: the one that is taken into use is there because the other was refused.
        (machine.password === undefined || prefix !== machine.prefix),
    );
    await this.#keep(lease, { ...alone(machine), others: others.map(alone) });
  }

  async #keep(lease: Lease, stored: StoredCredentials): Promise<void> {
    await this.#options.memory.putCredentials(lease, stored);
    this.#known = stored;
  }
}

function alone({ machineId, password, prefix, status }: StoredMachine): StoredMachine {
  return { machineId, ...(password === undefined ? {} : { password }), prefix, status };
}
