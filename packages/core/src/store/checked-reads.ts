import { CrowdsecError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { BoundedCall } from './bounded-call.js';
import { DamagedError } from './damaged-error.js';
import type { DamagedBlob, StoreEngine, VersionedBlob } from './store-engine.js';
import type { StoreStatus } from './store-status.js';
import { stateKindOf, type Blob, type JsonValue, type StoredBlob, type StoredValue, type StoreKey } from './store.js';

export interface CheckedReadsOptions {
  readonly engine: StoreEngine;
  readonly bounded: BoundedCall;
  readonly status: StoreStatus;
  readonly logger: Logger;
  /** Damaged values stay where they are, and nothing is logged about them. */
  readonly keepsDamaged?: boolean;
}

/** Reads that distinguish damaged values from missing ones, set them aside and log that once. */
export class CheckedReads {
  readonly #options: CheckedReadsOptions;
  /** Keys whose damage was logged, until a sound value was seen. */
  readonly #loggedKeys = new Set<StoreKey>();
  /** How each identity was last parsed: what is checked before it is overwritten. */
  readonly #parsers = new Map<StoreKey, (value: JsonValue) => unknown>();

  constructor(options: CheckedReadsOptions) {
    this.#options = options;
  }

  async value<T>(key: StoreKey, parse: (value: JsonValue) => T | undefined): Promise<StoredValue<T>> {
    const { engine, bounded } = this.#options;
    if (stateKindOf(key) === 'identity') this.#parsers.set(key, parse);
    try {
      const stored = await bounded('read', `read '${key}'`, (deadline) => engine.get(key, deadline));
      if (stored === undefined) {
        this.sound(key);
        return { state: 'absent' };
      }
      const value = await parsed(stored, parse);
      this.sound(key);
      return { state: 'present', value };
    } catch (error) {
      const damage = damageIn(error);
      if (damage === undefined) throw error;
      await this.#damaged(key, damage, undefined);
      return { state: 'damaged', reason: damage.message };
    }
  }

  async blob<T>(key: StoreKey, parse: (blob: Blob) => T | undefined | Promise<T | undefined>): Promise<StoredBlob<T>> {
    const { engine, bounded } = this.#options;
    let read: VersionedBlob | undefined;
    try {
      read = await bounded('read', `read '${key}'`, (deadline) => engine.getBlob(key, deadline));
      if (read === undefined) return { state: 'absent' };
      const { head, chunks } = read;
      const value = await parsed({ head, chunks }, parse);
      this.sound(key);
      return { state: 'present', value };
    } catch (error) {
      const damage = damageIn(error);
      if (damage === undefined) throw error;
      const head = damage.head ?? read?.head;
      const version = damage.version ?? read?.version;
      await this.#damaged(key, damage, head === undefined || version === undefined ? undefined : { head, version });
      return {
        state: 'damaged',
        reason: damage.message,
        ...(head === undefined ? {} : { head }),
        ...(damage.isNewer && { isNewer: true }),
      };
    }
  }

  async version(key: StoreKey): Promise<string | undefined> {
    const { engine, bounded } = this.#options;
    try {
      return await bounded('read', `read the version of '${key}'`, (deadline) => engine.blobVersion(key, deadline));
    } catch (error) {
      const damage = damageIn(error);
      if (damage === undefined) throw error;
      await this.#damaged(key, damage, undefined);
      return undefined;
    }
  }

  /** @throws CrowdsecError when the key is an identity that cannot be read: it must not be overwritten */
  async checkBeforeWrite(key: StoreKey): Promise<void> {
    if (stateKindOf(key) === 'identity') await this.value(key, this.#parsers.get(key) ?? ((value) => value));
  }

  /** A sound value was read or written. */
  sound(key: StoreKey): void {
    this.#loggedKeys.delete(key);
    this.#options.status.identityIsSound(key);
  }

  async #damaged(key: StoreKey, damage: DamagedError, blob: DamagedBlob | undefined): Promise<void> {
    const { engine, bounded, status, logger } = this.#options;
    const found = `'${key}' in the store (${engine.description}) is damaged: ${damage.message}`;
    const kind = stateKindOf(key);
    if (kind === 'identity') {
      const message = `${found}. It is left as it is: restore it from a copy, or delete it to begin anew.`;
      status.identityIsDamaged(key, message);
      throw new CrowdsecError('CROWDSEC_STORE_UNAVAILABLE', message);
    }
    if (this.#loggedKeys.has(key) || this.#options.keepsDamaged === true) return;
    this.#loggedKeys.add(key);
    const copy = await bounded('change', `set '${key}' aside`, (deadline) =>
      engine.setAside(key, blob, deadline),
    ).catch(() => undefined);
    const kept = copy === undefined ? 'No copy of it could be kept' : `It is kept as ${copy}`;
    const next = kind === 'budget' ? 'what it counted is taken as spent for now' : 'it is asked for or gathered again';
    logger.warn(`${found}. ${kept}; ${next}.`, { code: 'STORE_DAMAGED', key });
  }
}

async function parsed<In, Out>(
  value: In,
  parse: (value: In) => Out | undefined | Promise<Out | undefined>,
): Promise<Out> {
  let result: Out | undefined;
  try {
    result = await parse(value);
  } catch (error) {
    throw new DamagedError('it does not hold what it should', { cause: error });
  }
  if (result === undefined) throw new DamagedError('it does not hold what it should');
  return result;
}

/** The damage that a call found; `bounded` passes it on unchanged. */
function damageIn(error: unknown): DamagedError | undefined {
  return error instanceof DamagedError ? error : undefined;
}
