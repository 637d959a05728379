import { byId, element, say, statusBadge } from './dom.js';
import { count, timeOfDay } from './format.js';

const list = byId('calls');
let shown = '';

/** Shows the calls that CAPI received, latest first; entries that are there stay where they are. */
export function showCalls({ calls, capi }) {
  say('capi-name', capi.name);
  say('calls-count', calls.length === 0 ? '' : 'latest first');
  const now = JSON.stringify(calls);
  if (now === shown) return;
  shown = now;
  const known = new Map([...list.querySelectorAll('.entry')].map((entry) => [entry.dataset.key, entry]));
  const entries = calls.map((call) => {
    const key = JSON.stringify(call);
    return known.get(key) ?? entryOf(call, key);
  });
  list.replaceChildren(...(entries.length > 0 ? entries.reverse() : [element('li', { className: 'empty', text: 'No call yet.' })]));
}

function entryOf(call, key) {
  const entry = element(
    'li',
    { className: 'entry' },
    element(
      'div',
      { className: 'line' },
      statusBadge(call.status),
      element('strong', { text: call.method }),
      element('span', { className: 'path', text: call.target }),
      ...(call.signals > 0 ? [element('span', { className: 'badge plain', text: count(call.signals, 'signal') })] : []),
      element('time', { text: timeOfDay(call.at) }),
    ),
    element('div', { className: 'said', text: call.userAgent }),
  );
  entry.dataset.key = key;
  return entry;
}
