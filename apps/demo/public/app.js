import { listenToAgentForm, showName } from './agent-form.js';
import { byId, say } from './dom.js';
import { showAgent, showCountdowns } from './agent.js';
import { showCalls } from './calls.js';
import { listenToVisitors, showVisitors } from './visitors.js';

let state;

const events = new EventSource('/api/events');
events.addEventListener('message', ({ data }) => {
  state = JSON.parse(data);
  showName(state);
  showAgent(state);
  showCalls(state);
  showVisitors(state);
  showCountdowns(state);
});
events.addEventListener('error', () => {
  byId('status').dataset.status = 'unavailable';
  say('status-text', 'connection lost, trying again …');
});
setInterval(() => state && showCountdowns(state), 250);

listenToVisitors();
listenToAgentForm();
