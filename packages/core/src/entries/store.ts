/** The entry of those who read or keep the state of an agent: the store's port, and the stores that come with it. */
export { openStore, type OpenStoreOptions } from '../store/open-store.js';
export { STATE_KINDS } from '../store/store.js';
export type {
  Blob,
  Journal,
  JournalEntry,
  JsonValue,
  Lease,
  StateKind,
  Store,
  StoredBlob,
  StoredValue,
  StoreKey,
} from '../store/store.js';
export type { BucketRules } from '../store/bucket-rules.js';
