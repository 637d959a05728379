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

/** A status as a badge: green, amber for refusals, red for failures. */
export function statusBadge(status) {
  if (status === null) return element('span', { className: 'badge plain', text: '…' });
  const kind = status < 400 ? 'good' : status < 500 ? 'warn' : 'bad';
  return element('span', { className: `badge ${kind}`, text: String(status) });
}
