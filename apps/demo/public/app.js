import { listenToAgentForm, showName } from './agent-form.js';
import { listenToFlush, showBuffer } from './buffer.js';
import { showCalls } from './calls.js';
import { byId, moveCountdowns, say } from './dom.js';
import { listenToVisitors, showVisitors } from './visitors.js';

const events = new EventSource('/api/events');
events.addEventListener('message', ({ data }) => {
  const state = JSON.parse(data);
  byId('status').dataset.status = state.status;
  say('status-text', state.status === 'ok' ? 'agent is well' : `agent is ${state.status}`);
  for (const show of [showName, showBuffer, showCalls, showVisitors]) show(state);
  moveCountdowns();
});
events.addEventListener('error', () => {
  byId('status').dataset.status = 'unavailable';
  say('status-text', 'connection lost, trying again …');
});
setInterval(moveCountdowns, 250);

listenToVisitors();
listenToAgentForm();
listenToFlush();
