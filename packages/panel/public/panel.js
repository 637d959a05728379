import { lift, listenToForms } from './actions.js';
import { byId, say } from './dom.js';
import { showOverview } from './overview.js';
import { listenToRange, showPlots, takeSamples } from './plots.js';
import { showTables } from './tables.js';

const events = new EventSource('events');
events.addEventListener('samples', ({ data }) => takeSamples(JSON.parse(data)));
events.addEventListener('state', ({ data }) => {
  const state = JSON.parse(data);
  showOverview(state);
  showTables(state, lift);
  showPlots(state);
});
events.addEventListener('error', () => {
  byId('status').dataset.status = 'unavailable';
  say(
    'status-text',
    events.readyState === EventSource.CLOSED ? 'closed: log in again' : 'connection lost, trying again …',
  );
});

listenToForms();
listenToRange();
