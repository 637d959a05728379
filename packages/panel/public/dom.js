import { until } from './format.js';

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element; texts are set as text, whatever is in them. */
export function element(tag, { className = '', text = '', ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== '') node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Sets a text only if it is another one, so that screen readers hear changes alone. */
export function say(id, text) {
  const node = byId(id);
  if (node.textContent !== text) node.textContent = text;
}

/** A short text that stands out: `good`, `warn`, `bad` or `plain`. */
export const badge = (kind, text) => element('span', { className: `badge ${kind}`, text });

/** How long it is until a moment; it moves with {@link moveMoments}. */
export function momentUntil(at) {
  const node = element('span', { text: until(at) });
  node.dataset.until = String(at);
  return node;
}

export function moveMoments() {
  for (const node of document.querySelectorAll('[data-until]')) {
    const text = until(Number(node.dataset.until));
    if (node.textContent !== text) node.textContent = text;
  }
}

const shown = new WeakMap();

/** Replaces what is in an element, if the data is another than before. */
export function show(node, data, childrenOf) {
  const now = JSON.stringify(data);
  if (shown.get(node) === now) return;
  shown.set(node, now);
  node.replaceChildren(...childrenOf(data));
}

/** Terms and what they are, in a `dl`. Values are texts or elements; those that are absent are left out. */
export function showFacts(id, facts) {
  const list = byId(id);
  const entries = Object.entries(facts).filter(([, value]) => value !== undefined);
  const rows = entries.map(([term, value]) => {
    const known = [...list.children].find((row) => row.firstElementChild.textContent === term);
    const row = known ?? element('div', {}, element('dt', { text: term }), element('dd'));
    const dd = row.lastElementChild;
    if (dd.textContent !== value) dd.textContent = value;
    return row;
  });
  if (rows.length !== list.children.length || rows.some((row, i) => list.children[i] !== row))
    list.replaceChildren(...rows);
}

/** Entries of a list, or what is said in their place. */
export function showEntries(id, items, entryOf, empty) {
  show(byId(id), items, () =>
    items.length === 0
      ? [element('li', { className: 'empty', text: empty })]
      : items.map((item) => element('li', { className: 'entry' }, ...entryOf(item))),
  );
}
