import { knowSecret } from '../redaction/redaction.js';
import { Secret } from '../secret.js';
import type { JsonValue, Lease, Store, StoredValue } from '../store/store.js';
import {
  machineInUseSchema,
  storedCredentialsSchema,
  type Credentials,
  type MachineInUse,
  type StoredCredentials,
  type StoredMachine,
} from './credentials.js';
import { sessionRecordSchema, type SessionRecord } from './login-budget.js';
import { restoreToken, storableToken, type Token } from './token.js';

/**
 * Reads and writes what a session remembers; what is written is fenced by the lease.
 *
 * The credentials have a copy in a second store where there is one: a shared store that was emptied must not cost the identity.
 */
export class SessionMemory {
  readonly #store: Store;
  readonly #copy: Store | undefined;

  constructor(store: Store, copy?: Store) {
    this.#store = store;
    this.#copy = copy;
  }

  async token(): Promise<Token | undefined> {
    return presentIn(await this.#store.read('token', restoreToken));
  }

  record(): Promise<StoredValue<SessionRecord>> {
    return this.#store.read('session', (value) => sessionRecordSchema.parse(value));
  }

  /** Which machine running processes use; `undefined` if no process has written it or it cannot be read. */
  async machineInUse(): Promise<MachineInUse | undefined> {
    return presentIn(await this.#store.read('machine-in-use', (value) => machineInUseSchema.parse(value)));
  }

  /** @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE` for a damaged record: an identity is never replaced by a guess */
  async credentials(): Promise<StoredCredentials | undefined> {
    return read(this.#store);
  }

  /** The credentials of the copy; `undefined` when there is none. A copy that can't be read is none: it is a second chance, no duty. */
  async copiedCredentials(): Promise<StoredCredentials | undefined> {
    return this.#copy === undefined ? undefined : read(this.#copy).catch(() => undefined);
  }

  async putMachineInUse(use: MachineInUse): Promise<void> {
    await this.#store.put('machine-in-use', use);
  }

  async deleteMachineInUse(): Promise<void> {
    await this.#store.delete('machine-in-use');
  }

  async putToken(lease: Lease, token: Token): Promise<void> {
    await lease.put('token', storableToken(token));
  }

  async putRecord(lease: Lease, record: SessionRecord): Promise<void> {
    await lease.put('session', asJson(record));
  }

  async putCredentials(lease: Lease, stored: StoredCredentials): Promise<void> {
    await lease.put('credentials', asJson(stored));
    await this.#copy?.put('credentials', asJson(stored)).catch(() => undefined);
  }
}

async function read(store: Store): Promise<StoredCredentials | undefined> {
  const stored = presentIn(await store.read('credentials', (value) => storedCredentialsSchema.parse(value)));
  // Also those that are not used: an error of the store may quote them.
  for (const { password } of stored === undefined ? [] : [stored, ...stored.others]) {
    if (password !== undefined) knowSecret(password);
  }
  return stored;
}

function presentIn<T>(found: StoredValue<T>): T | undefined {
  return found.state === 'present' ? found.value : undefined;
}

/** The pair that was stored; `undefined` when its password is not kept here. */
export function pairOf(stored: StoredMachine): Credentials | undefined {
  return stored.password === undefined
    ? undefined
    : { machineId: stored.machineId, password: new Secret(stored.password) };
}

/** Drops `undefined` members, which JSON cannot represent. */
function asJson(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
