import { lift, listenToForms } from './actions.js';
import { byId, moveMoments, say } from './dom.js';
import { showFeatures } from './features.js';
import { showOverview } from './overview.js';
import { listenToRange, showPlots, takeSamples } from './plots.js';
import { showTables } from './tables.js';

let state;
const events = new EventSource('events');
events.addEventListener('samples', ({ data }) => takeSamples(JSON.parse(data)));
events.addEventListener('state', ({ data }) => {
  state = JSON.parse(data);
  showFacts();
  showTables(state, lift);
  showPlots(state);
});
events.addEventListener('error', () => {
  state = undefined;
  byId('status').dataset.status = 'unavailable';
  say(
    'status-text',
    events.readyState === EventSource.CLOSED ? 'closed: log in again' : 'connection lost, trying again …',
  );
});

/** What tells how long ago something was, or how long it is until then: it is news without any. */
function showFacts() {
  showOverview(state);
  showFeatures(state);
  moveMoments();
}
setInterval(() => {
  if (state !== undefined) showFacts();
}, 1_000);

listenToForms();
listenToRange();
