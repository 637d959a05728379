import { badge, element, momentUntil, say, showEntries } from './dom.js';
import { count, integer, timeOfDay } from './format.js';

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
    ({ ip, scenario, decision, signal, suppressed, at }) => [
      line(mono(ip), element('time', { text: timeOfDay(at) })),
      detail(scenario),
      detail(
        suppressed === undefined
          ? [decision && `${decision.type} for ${decision.duration}`, signal].filter(Boolean).join(', ')
          : `nothing was done: ${suppressed}`,
      ),
    ],
    'Nothing was detected since the application started.',
  );
}

function showExtensions(extensions) {
  showEntries(
    'extensions',
    extensions,
    ({ name, state, reason, retryAt, detectors }) => [
      line(mono(name), badge(state === 'active' ? 'good' : state === 'off' ? 'bad' : 'plain', state)),
      ...(state === 'off' ? [detail(`${reason ?? 'no reason given'}; comes back at ${timeOfDay(retryAt)}`)] : []),
      ...detectors.map(({ name: detector, events, acted, dryRun }) =>
        detail(`${detector}${dryRun ? ' (dry run)' : ''}: ${count(events, 'event')}, ${integer(acted)} acted on`),
      ),
    ],
    'No extension is configured.',
  );
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
