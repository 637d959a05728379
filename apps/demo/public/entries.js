import { element } from './dom.js';

const shown = new WeakMap();

/**
 * Shows items in a list, the latest first; entries that are there stay where they are.
 *
 * @param list the list; where it is empty, what its markup had stands in it
 * @param items oldest first
 * @param entryOf makes what is in the entry of an item
 */
export function showEntries(list, items, entryOf) {
  const now = JSON.stringify(items);
  const before = shown.get(list) ?? { entries: new Map(), empty: [...list.children] };
  if (before.now === now) return;
  const entries = new Map();
  for (const item of items) {
    const key = JSON.stringify(item);
    entries.set(key, before.entries.get(key) ?? element('li', { className: 'entry' }, ...entryOf(item)));
  }
  list.replaceChildren(...(entries.size > 0 ? [...entries.values()].reverse() : before.empty));
  shown.set(list, { ...before, now, entries });
}
