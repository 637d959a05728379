import { badge, element, momentUntil, say, showEntries } from './dom.js';
import { breakdown, count, integer, timeOfDay } from './format.js';

const line = (...children) => element('div', { className: 'line' }, ...children);
const mono = (text) => element('strong', { className: 'mono', text });
const detail = (text) => element('div', { className: 'detail', text });

/** Shows lists, detections, extensions and local decisions. */
export function showTables(state, lift) {
  showLists(state.decisions);
  showDetections(state.detections);
  showExtensions(state.extensions);
  showBans(state, lift);
}

function showLists({ lists, waitingLists }) {
  const items = lists.map((list) => ({
    ...list,
    waiting: waitingLists.find(({ kind, name }) => kind === list.kind && name === list.name),
  }));
  showEntries(
    'lists',
    items,
    ({ name, kind, status, error, waiting }) => [
      line(mono(name), badge(status === 'failed' ? 'bad' : 'good', status)),
      detail(kind),
      ...(error === undefined ? [] : [detail(error)]),
      ...(waiting?.retryAt === undefined ? [] : [detail(`asked again at ${timeOfDay(waiting.retryAt)}`)]),
    ],
    'No list is linked to this agent.',
  );
}

function showDetections(detections) {
  showEntries(
    'detections',
    [...detections].reverse(),
    ({ ip, extension, detector, scenario, at, ...deeds }) => [
      line(mono(ip), element('time', { text: timeOfDay(at) })),
      detail(`${scenario}, by ${extension} (${detector})`),
      detail(deedsIn(deeds)),
    ],
    'Nothing was detected since the application started.',
  );
}

/** What was done about a detection, in words. */
function deedsIn({ decision, signal, suppressed }) {
  if (suppressed !== undefined) return `nothing was done: ${suppressed}`;
  const reported = { whisper: 'whisper', decision: 'decision signal' }[signal];
  return [decision && `${decision.type} for ${decision.duration}`, reported].filter(Boolean).join(', ');
}

function showExtensions(extensions) {
  showEntries(
    'extensions',
    extensions,
    ({ name, state, behavior, reason, retryAt, detectors }) => [
      line(mono(name), badge(state === 'active' ? 'good' : state === 'off' ? 'bad' : 'plain', state)),
      ...(behavior === undefined ? [] : [detail(behavior)]),
      ...(state === 'off'
        ? [
            element(
              'div',
              { className: 'detail' },
              reason ?? 'no reason given',
              ...(retryAt === undefined ? [] : ['; comes back ', momentUntil(retryAt)]),
            ),
          ]
        : []),
      ...detectors.map((detector) => detail(countsOf(detector))),
    ],
    'No extension is configured.',
  );
}

function countsOf({ name, events, acted, suppressed, missed, dryRun }) {
  return [
    `${name}${dryRun ? ' (dry run)' : ''}: ${count(events, 'event')}, ${integer(acted)} acted on`,
    breakdown({ ...suppressed, missed }),
  ]
    .filter(Boolean)
    .join(', ');
}

function showBans({ bans, banCount }, lift) {
  say(
    'bans-count',
    banCount > bans.length
      ? `the last ${bans.length} of ${integer(banCount)}`
      : banCount === 0
        ? ''
        : `${integer(banCount)} in force`,
  );
  showEntries(
    'bans',
    [...bans].reverse(),
    ({ value, type, scenario, expiresAt }) => {
      const button = element('button', { type: 'button', text: 'Lift', 'aria-label': `Lift the ${type} of ${value}` });
      button.addEventListener('click', () => void lift(value, button));
      return [
        line(mono(value), button),
        element(
          'div',
          { className: 'detail' },
          `${type} by ${scenario}, ends `,
          momentUntil(expiresAt),
          ` (${timeOfDay(expiresAt)})`,
        ),
      ];
    },
    'This installation has decided about nobody.',
  );
}
