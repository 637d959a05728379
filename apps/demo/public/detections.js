import { badge, byId, element, say } from './dom.js';
import { showEntries } from './entries.js';
import { timeOfDay } from './format.js';

/** Shows what the detectors found, and what was done about it. */
export function showDetections({ detections }) {
  say('detections-count', detections.length === 0 ? '' : 'latest first');
  showEntries(byId('detections'), detections, (detection) => [
    element(
      'div',
      { className: 'line' },
      ...deeds(detection),
      element('span', { className: 'path', text: detection.scenario }),
      element('time', { text: timeOfDay(detection.at) }),
    ),
    element('div', { className: 'said', text: `${detection.ip} · ${detection.extension} (${detection.detector})` }),
  ]);
}

function deeds({ signal, decision, suppressed }) {
  if (suppressed) return [badge('plain', `nothing: ${suppressed}`)];
  return [
    ...(decision ? [badge('bad', `${decision.type} for ${decision.duration}`)] : []),
    ...(signal
      ? [badge(signal === 'whisper' ? 'plain' : 'warn', signal === 'whisper' ? 'whisper' : 'decision signal')]
      : []),
  ];
}
