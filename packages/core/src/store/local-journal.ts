import type { JournalEngine } from './store-engine.js';
import type { JournalEntry } from './store.js';

/** A journal in memory: it ends with the process. */
export function localJournal(): JournalEngine {
  const waiting = new Map<string, Required<JournalEntry>>();
  let revisions = 0;
  let damaged = 0;
  const write = ({ id, value }: JournalEntry): void =>
    void waiting.set(id, { id, value, revision: String(++revisions) });
  return {
    append(entries) {
      entries.forEach(write);
      return Promise.resolve();
    },
    get damaged() {
      return damaged;
    },
    read(limit, accepts) {
      const oldest: JournalEntry[] = [];
      for (const entry of waiting.values()) {
        if (oldest.length >= limit) break;
        if (accepts(entry.value)) {
          oldest.push(entry);
        } else {
          waiting.delete(entry.id);
          damaged += 1;
        }
      }
      return Promise.resolve(oldest);
    },
    acknowledge(entries) {
      for (const { id, revision } of entries) {
        if (revision === undefined || waiting.get(id)?.revision === revision) waiting.delete(id);
      }
      return Promise.resolve();
    },
    replace(entries) {
      const gone = entries.filter(({ id }) => !waiting.has(id));
      entries.filter(({ id }) => waiting.has(id)).forEach(write);
      return Promise.resolve(gone.map(({ id }) => id));
    },
    waiting: (ids) => Promise.resolve(ids.filter((id) => waiting.has(id))),
    size: () => Promise.resolve(waiting.size),
  };
}
