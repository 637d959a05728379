import { until } from './format.js';

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element; texts are set as text, whatever is in them. */
export function element(tag, { className = '', text = '' } = {}, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== '') node.textContent = text;
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

/** A status as a badge: green, amber for refusals, red for failures. */
export function statusBadge(status) {
  if (status === null) return badge('plain', '…');
  return badge(status < 400 ? 'good' : status < 500 ? 'warn' : 'bad', String(status));
}

/** Lets a countdown that is in the page run to another moment, or rest. */
export function countTo(id, at) {
  byId(id).dataset.until = String(at ?? '');
}

export function moveCountdowns() {
  for (const node of document.querySelectorAll('[data-until]')) {
    const text = until(node.dataset.until === '' ? null : Number(node.dataset.until));
    if (node.textContent !== text) node.textContent = text;
  }
}
