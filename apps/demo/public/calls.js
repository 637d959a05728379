import { badge, byId, element, say, statusBadge } from './dom.js';
import { showEntries } from './entries.js';
import { count, timeOfDay } from './format.js';

/** Shows the calls that the network received. */
export function showCalls({ calls, network }) {
  say('network-kind', network.kind === 'capi' ? 'Central API' : 'Local API');
  say('network-name', network.name);
  showEntries(byId('calls'), calls, ({ status, method, target, signals, decisions, at, userAgent }) => [
    element(
      'div',
      { className: 'line' },
      statusBadge(status),
      element('strong', { text: method }),
      element('span', { className: 'path', text: target }),
      ...(signals > 0 ? [badge('plain', count(signals, 'signal'))] : []),
      ...(decisions > 0 ? [badge('warn', count(decisions, 'decision'))] : []),
      element('time', { text: timeOfDay(at) }),
    ),
    element('div', { className: 'said', text: userAgent }),
  ]);
}
