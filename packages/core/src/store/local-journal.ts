import type { JournalEngine } from './store-engine.js';
import type { JournalEntry, JsonValue } from './store.js';

/** A journal in memory: it ends with the process. */
export function localJournal(): JournalEngine {
  const entries = new Map<string, JsonValue>();
  return {
    append(added) {
      for (const { id, value } of added) entries.set(id, value);
      return Promise.resolve();
    },
    read(limit) {
      const oldest: JournalEntry[] = [];
      for (const [id, value] of entries) {
        if (oldest.length >= limit) break;
        oldest.push({ id, value });
      }
      return Promise.resolve(oldest);
    },
    acknowledge(ids) {
      for (const id of ids) entries.delete(id);
      return Promise.resolve();
    },
    size: () => Promise.resolve(entries.size),
  };
}
