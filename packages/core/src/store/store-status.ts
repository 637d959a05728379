import type { CrowdsecError } from '../errors.js';
import { DamagedError } from './damaged-error.js';
import { codeOf } from './store-error.js';
import type { StoreKey, StoreProblem } from './store.js';

/**
 * What a call tells about the store when it works. A `read` shows that the store answers, a `write` that it takes
 * writes. A `change` is refused by a store that is read-only, but not by one that is full: its success proves nothing.
 */
export type CallKind = 'read' | 'change' | 'write';

/** Whether the store answers and takes writes, judged apart by what its calls came to. */
export class StoreStatus {
  readonly #description: string;
  #unreachable: string | undefined;
  #unwritable: string | undefined;
  readonly #identities = new Map<StoreKey, string>();

  constructor(description: string) {
    this.#description = description;
  }

  get reachable(): boolean {
    return this.#unreachable === undefined;
  }

  get writable(): boolean {
    return this.#unwritable === undefined;
  }

  get problems(): readonly StoreProblem[] {
    const problems: StoreProblem[] = [];
    const where = `The store (${this.#description})`;
    if (this.#unreachable !== undefined) {
      const message = `${where} is out of reach: nothing is registered, pulled or sent until it is back. ${this.#unreachable}`;
      problems.push({ code: 'CROWDSEC_STORE_UNAVAILABLE', message });
    } else if (this.#unwritable !== undefined) {
      const message = `${where} takes no writes: nothing is registered, pulled or sent until it does. ${this.#unwritable}`;
      problems.push({ code: 'STORE_NOT_WRITABLE', message });
    }
    for (const message of this.#identities.values()) problems.push({ code: 'STORE_DAMAGED', message });
    return problems;
  }

  worked(kind: CallKind): void {
    this.#unreachable = undefined;
    if (kind === 'write') this.#unwritable = undefined;
  }

  /** @param failure the error that callers receive */
  failed(kind: CallKind, error: unknown, failure: CrowdsecError): void {
    if (error instanceof DamagedError) {
      this.#unreachable = undefined;
      return;
    }
    if (kind !== 'read') this.#unwritable = failure.message;
    if (kind === 'read' || !wasAnswered(error)) this.#unreachable = failure.message;
  }

  identityIsDamaged(key: StoreKey, message: string): void {
    this.#identities.set(key, message);
  }

  identityIsSound(key: StoreKey): void {
    this.#identities.delete(key);
  }
}

/** The store itself refused: an error of the file system, or one that Redis replied, which starts with a code in capitals. */
function wasAnswered(error: unknown): boolean {
  const isSystemError = error instanceof Error && 'syscall' in error && error.syscall !== 'connect';
  if (isSystemError) return !NETWORK_CODES.has(codeOf(error) ?? '');
  return error instanceof Error && /^-?[A-Z][A-Z]+ /.test(error.message);
}

const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);
