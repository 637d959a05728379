import { z } from 'zod';
import { knowSecret } from '../redaction/redaction.js';
import { Secret } from '../secret.js';
import type { JsonValue, Lease, Store } from '../store/store.js';
import { storedCredentialsSchema, type Credentials, type StoredCredentials } from './credentials.js';
import { NEW_RECORD, sessionRecordSchema, type SessionRecord } from './login-budget.js';
import { restoreToken, storableToken, type Token } from './token.js';
import { CrowdsecError } from '../errors.js';

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
    return restoreToken(await this.#store.get('token'));
  }

  async record(): Promise<SessionRecord> {
    const record = sessionRecordSchema.safeParse(await this.#store.get('session'));
    return record.success ? record.data : NEW_RECORD;
  }

  /** @throws CrowdsecError `CROWDSEC_STORE_UNAVAILABLE` for a damaged record: an identity is never replaced by a guess */
  async credentials(): Promise<StoredCredentials | undefined> {
    return read(this.#store);
  }

  /** The credentials of the copy; `undefined` when there is none. A copy that can't be read is none: it is a second chance, no duty. */
  async copiedCredentials(): Promise<StoredCredentials | undefined> {
    return this.#copy === undefined ? undefined : read(this.#copy).catch(() => undefined);
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
  const value = await store.get('credentials');
  if (value === undefined) return undefined;
  const stored = storedCredentialsSchema.safeParse(value);
  // Also one that is not used: an error of the store may quote it.
  if (stored.success && stored.data.password !== undefined) knowSecret(stored.data.password);
  if (stored.success) return stored.data;
  throw new CrowdsecError(
    'CROWDSEC_STORE_UNAVAILABLE',
    `The stored credentials (${store.description}) are damaged: restore them, or delete them to register a new machine. ` +
      z.prettifyError(stored.error).replace(/\s+/g, ' '),
  );
}

/** The pair that was stored; `undefined` when its password is not kept here. */
export function pairOf(stored: StoredCredentials): Credentials | undefined {
  return stored.password === undefined
    ? undefined
    : { machineId: stored.machineId, password: new Secret(stored.password) };
}

/** Drops the `undefined` members, which JSON does not know. */
function asJson(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
