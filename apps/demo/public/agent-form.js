import { byId, say } from './dom.js';

const form = byId('agent-form');
const fields = ['suffix', 'version'];
let shown;

/** Shows the user agent that goes over the wire, and fills the form with it unless somebody is typing. */
export function showName({ userAgent }) {
  if (userAgent === shown) return;
  shown = userAgent;
  say('user-agent', userAgent);
  const { suffix = '', version } = /^[^_/]+(?:_(?<suffix>[^/]+))?\/(?<version>.+)$/.exec(userAgent)?.groups ?? {};
  if (form.contains(document.activeElement)) return;
  byId('suffix').value = suffix;
  byId('version').value = version ?? '';
}

export function listenToAgentForm() {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    fields.forEach((field) => complain(field, ''));
    const suffix = byId('suffix').value;
    const version = byId('version').value;
    say('agent-note', 'Restarting …');
    try {
      const response = await fetch('/api/agent', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ suffix, ...(version && { version }) }),
      });
      const answer = await response.json();
      if (response.ok) say('agent-note', restarted(answer.userAgent));
      else refuse(answer);
    } catch (error) {
      say('agent-note', `The site did not answer: ${error.message}`);
    }
  });
}

function restarted(userAgent) {
  return `Restarted as ${userAgent}, with the same machine id and token. What the old agent held, it sent as it stopped if a call
    was allowed; the next flush goes out under the new name.`.replace(/\s+/g, ' ');
}

/** Puts core's message under the field that it is about. */
function refuse({ message, path = '' }) {
  const field = fields.find((name) => path.endsWith(name)) ?? fields[0];
  complain(field, message);
  byId(field).focus();
  say('agent-note', 'Refused: nothing was restarted.');
}

function complain(field, message) {
  say(`${field}-error`, message);
  byId(field).setAttribute('aria-invalid', String(message !== ''));
}
