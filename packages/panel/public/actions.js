import { badge, byId, element, say } from './dom.js';
import { timeOfDay, until } from './format.js';

/** Sends a change. The header tells the panel that its own page asks. */
async function post(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Crowdsec-Panel': '1' },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...(await answerOf(response)) };
}

async function answerOf(response) {
  try {
    return await response.json();
  } catch {
    return { message: `The panel answered ${response.status}. Are you still logged in?` };
  }
}

/** Lifts a local decision; its button goes with it. */
export async function lift(value, button) {
  button.disabled = true;
  try {
    const { status, lifted, message } = await post('lift', { value });
    say(
      'decide-answer',
      status === 200 ? (lifted ? `${value} is let in again.` : `${value} was lifted before.`) : message,
    );
    byId('bans').focus();
  } catch (error) {
    button.disabled = false;
    say('decide-answer', `The panel did not answer: ${error.message}`);
  }
}

export function listenToForms() {
  onSubmit('explain', explain);
  onSubmit('decide', decide);
  byId('flush').addEventListener('click', () => void flush());
}

function onSubmit(id, run) {
  byId(id).addEventListener('submit', (event) => {
    event.preventDefault();
    run(Object.fromEntries(new FormData(event.target))).catch((error) => {
      say(`${id}-answer`, `The panel did not answer: ${error.message}`);
    });
  });
}

async function explain({ ip }) {
  const response = await fetch(`explain?ip=${encodeURIComponent(ip)}`);
  const { message, result, matches, ip: address } = await answerOf(response);
  byId('explain-ip').setAttribute('aria-invalid', String(!response.ok));
  const answer = byId('explain-answer');
  if (!response.ok) {
    answer.replaceChildren(element('p', { className: 'error', text: message }));
    return;
  }
  const { remediation, origin } = result;
  const verdict = element(
    'p',
    {},
    element('strong', { className: 'mono', text: address }),
    ' ',
    badge(remediation === 'bypass' ? 'good' : 'bad', remediation),
    ` by ${origin}`,
  );
  answer.replaceChildren(
    verdict,
    matches.length === 0 ? element('p', { className: 'hint', text: 'No decision holds it.' }) : tableOf(matches),
  );
}

function tableOf(matches) {
  const heads = ['Origin', 'Type', 'Scope', 'Value', 'Scenario', 'Ends'];
  const head = element('thead', {}, element('tr', {}, ...heads.map((text) => element('th', { text, scope: 'col' }))));
  const rows = matches.map(({ origin, type, allow, scope, value, scenario, expiresAt }) => {
    const cells = [
      origin,
      allow ? 'allow' : type,
      scope,
      value,
      scenario,
      expiresAt === undefined ? 'never' : until(expiresAt),
    ];
    return element('tr', {}, ...cells.map((text) => element('td', { text: String(text) })));
  });
  const caption = element('caption', {
    className: 'hidden',
    text: 'Decisions that hold the address, what decides first',
  });
  return element(
    'div',
    { className: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Decisions that hold the address' },
    element('table', {}, caption, head, element('tbody', {}, ...rows)),
  );
}

async function decide({ value, duration, type }, force = false) {
  const { status, message, field, expiresAt, value: decided } = await post('decide', { value, duration, type, force });
  for (const name of ['value', 'duration', 'type'])
    byId(`decide-${name}`).setAttribute('aria-invalid', String(field === name));
  if (status === 409 && window.confirm(`${message} Decide anyway?`)) return decide({ value, duration, type }, true);
  if (status !== 200) {
    say('decide-answer', message);
    byId(`decide-${field ?? 'value'}`)?.focus();
    return undefined;
  }
  say('decide-answer', `${decided}: ${type} until ${timeOfDay(expiresAt)}.`);
  byId('decide-value').value = '';
  return undefined;
}

async function flush() {
  const { status, message, sent, waiting } = await post('flush', {}).catch((error) => ({ message: error.message }));
  say('flush-answer', status === 200 ? `${sent} sent, ${waiting} waiting.` : message);
}
