import { badge, byId, countdown, element } from './dom.js';
import { integer } from './format.js';

const list = byId('extensions');
const shown = new Map();

/** Shows the extensions, how they fare, and what their detectors saw and did. */
export function showExtensions({ extensions }) {
  for (const extension of extensions) {
    const now = JSON.stringify(extension);
    const { entry = list.appendChild(element('li')), before } = shown.get(extension.name) ?? {};
    if (now === before) continue;
    shown.set(extension.name, { entry, before: now });
    entry.replaceChildren(...partsOf(extension));
  }
}

function partsOf({ name, state, behavior = '', reason, retryAt, detectors }) {
  return [
    element(
      'div',
      { className: 'line' },
      element(
        'div',
        {},
        element('strong', { className: 'mono', text: name }),
        ' ',
        element('span', { className: 'counts', text: behavior }),
      ),
      badge(state === 'active' ? 'good' : state === 'off' ? 'bad' : 'plain', state),
    ),
    ...(state === 'off'
      ? [element('div', { className: 'why' }, `${reason} · comes back in `, countdown(retryAt))]
      : []),
    ...detectors.map((detector) => element('div', { className: 'counts', text: countsOf(detector) })),
  ];
}

function countsOf({ name, events, acted, missed, suppressed, dryRun }) {
  const reasons = Object.entries(suppressed).map(([reason, times]) => `${integer(times)} suppressed (${reason})`);
  return [
    `${name}${dryRun ? ', dry run' : ''}: ${integer(events)} events`,
    `${integer(acted)} acted on`,
    ...reasons,
    ...(missed > 0 ? [`${integer(missed)} missed`] : []),
  ].join(' · ');
}
