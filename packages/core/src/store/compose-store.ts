import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.js';
import { CrowdsecError } from '../errors.js';
import type { Logger } from '../logger.js';
import { boundedCalls, type BoundedCall } from './bounded-call.js';
import { CheckedReads } from './checked-reads.js';
import { takeLease } from './compose-lease.js';
import type { Deadline } from '../deadline.js';
import type { StoreEngine } from './store-engine.js';
import { StoreStatus } from './store-status.js';
import { stateKindOf, type Blob, type Journal, type JsonValue, type Store, type StoreKey } from './store.js';

export interface ComposeStoreOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a call may take, in ms. */
  readonly deadlineMs: number;
  /** Damaged values stay where they are, and nothing is logged about them. */
  readonly keepsDamaged?: boolean;
}

/** The port over one kind of store: here every call gets its deadline, and every failure its code. */
export function composeStore(
  engine: StoreEngine,
  { clock, logger, deadlineMs, keepsDamaged = false }: ComposeStoreOptions,
): Store {
  const status = new StoreStatus(engine.description);
  const closing = new AbortController();
  // One of each call that is on its way.
  setMaxListeners(0, closing.signal);
  const bounded = boundedCalls(engine, status, { deadlineMs, signal: closing.signal });
  const reads = new CheckedReads({ engine, bounded, status, logger, keepsDamaged });
  /** Runs a write of a key; an identity that cannot be read is not overwritten. */
  const writing = async (key: StoreKey, write: () => Promise<void>): Promise<void> => {
    await reads.checkBeforeWrite(key);
    await write();
    reads.sound(key);
  };
  let closed: Promise<void> | undefined;
  // What is still on its way would keep the process alive until its deadline.
  const abort = (): void => closing.abort(new Error('the store was closed'));
  return {
    description: engine.description,
    durable: engine.durable,
    shared: engine.shared,
    networked: engine.networked,
    crashSafe: engine.crashSafe,
    get reachable() {
      return status.reachable;
    },
    get writable() {
      return status.writable;
    },
    get problems() {
      return status.problems;
    },
    read: (key, parse) => reads.value(key, parse),
    readBlob: (key, parse) => reads.blob(key, parse),
    get: (key) => getUnchecked(reads, key),
    put: (key, value) =>
      writing(key, () =>
        bounded('write', `write '${key}'`, (deadline) => done(engine.put(key, value, undefined, deadline))),
      ),
    delete: async (key) => {
      await bounded('change', `delete '${key}'`, (deadline) => engine.delete(key, deadline));
      reads.sound(key);
    },
    getBlob: (key) => getBlobUnchecked(reads, key),
    putBlob: (key, blob) =>
      writing(key, () =>
        bounded('write', `write '${key}'`, (deadline) => done(engine.putBlob(key, blob, undefined, deadline))),
      ),
    blobVersion: (key) => reads.version(key),
    lease: (name, ttlMs) => takeLease({ engine, bounded, clock, writing }, name, ttlMs),
    journal: journalOf(engine, bounded, logger),
    ...sharedCalls(engine, bounded),
    probe: () => bounded('write', 'write', (deadline) => engine.probe({ afterFailure: !status.writable }, deadline)),
    close: () => (closed ??= bounded('read', 'close', () => engine.close()).finally(abort)),
  };
}

/** What only a store that all processes share can do in one step. */
function sharedCalls({ pour, claim }: StoreEngine, bounded: BoundedCall): Pick<Store, 'pour' | 'claim'> {
  return {
    ...(pour && {
      pour: (name, rules, event) =>
        bounded('change', `count in '${name}'`, (deadline) => pour(name, rules, event, deadline)),
    }),
    ...(claim && {
      claim: (name, ttlMs) =>
        bounded(
          'write',
          'mark something as used',
          (deadline) => claim(name, ttlMs, deadline),
          (claimed) => claimed,
        ),
    }),
  };
}

/** A write without a fence has no result: either it succeeded or it rejects. */
async function done(write: Promise<boolean>): Promise<void> {
  await write;
}

async function getUnchecked(reads: CheckedReads, key: StoreKey): Promise<JsonValue | undefined> {
  const found = await reads.value(key, (value) => value);
  if (found.state === 'damaged' && stateKindOf(key) !== 'cache') throw damagedValue(key, found.reason);
  return found.state === 'present' ? found.value : undefined;
}

async function getBlobUnchecked(reads: CheckedReads, key: StoreKey): Promise<Blob | undefined> {
  const found = await reads.blob(key, (blob) => blob);
  if (found.state === 'damaged') throw damagedValue(key, found.reason);
  return found.state === 'present' ? found.value : undefined;
}

function damagedValue(key: StoreKey, reason: string): CrowdsecError {
  return new CrowdsecError('CROWDSEC_STORE_UNAVAILABLE', `'${key}' is damaged: ${reason}.`);
}

function journalOf({ journal, description }: StoreEngine, bounded: BoundedCall, logger: Logger): Journal {
  let said = 0;
  /** Reads, and logs how many damaged entries were found. */
  const reading = async <T>(run: (deadline: Deadline) => Promise<T>): Promise<T> => {
    const result = await bounded('read', 'read the journal', run);
    const found = journal.damaged - said;
    said = journal.damaged;
    if (found > 0) {
      const entries = found === 1 ? '1 damaged entry' : `${found} damaged entries`;
      logger.warn(`The journal in the store (${description}) held ${entries}: set aside, the others are sent.`, {
        code: 'STORE_DAMAGED',
        store: description,
      });
    }
    return result;
  };
  return {
    append: (entries) => bounded('write', 'append to the journal', (deadline) => journal.append(entries, deadline)),
    read: (limit, accepts = () => true) => reading((deadline) => journal.read(limit, accepts, deadline)),
    acknowledge: (entries) =>
      bounded('change', 'write to the journal', (deadline) => journal.acknowledge(entries, deadline)),
    replace: (entries) => bounded('change', 'write to the journal', (deadline) => journal.replace(entries, deadline)),
    waiting: (ids) => reading((deadline) => journal.waiting(ids, deadline)),
    size: () => reading((deadline) => journal.size(deadline)),
    get damaged() {
      return journal.damaged;
    },
  };
}
