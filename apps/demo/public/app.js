import { showAgent } from './agent.js';
import { listenToAgentForm, showName } from './agent-form.js';
import { showBans } from './bans.js';
import { showCalls } from './calls.js';
import { showDetections } from './detections.js';
import { byId, moveCountdowns, say } from './dom.js';
import { showExtensions } from './extensions.js';
import { listenToVisitors, showVisitors } from './visitors.js';

const events = new EventSource('/api/events');
events.addEventListener('message', ({ data }) => {
  const state = JSON.parse(data);
  for (const show of [showName, showAgent, showCalls, showVisitors, showBans, showDetections, showExtensions])
    show(state);
  moveCountdowns();
});
events.addEventListener('error', () => {
  byId('status').dataset.status = 'unavailable';
  say('status-text', 'connection lost, trying again …');
});
setInterval(moveCountdowns, 250);

listenToVisitors();
listenToAgentForm();
