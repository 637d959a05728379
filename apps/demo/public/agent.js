import { byId, countTo, element, say } from './dom.js';
import { count, integer, timeOfDay } from './format.js';

const flushButton = byId('flush');
flushButton.addEventListener('click', flush);

const dots = byId('dots');

/** Shows buffer, decisions, identity and health. */
export function showAgent({ buffer, decisions, health, identity, machineId }) {
  showHealth(health);
  showBuffer(buffer);
  countTo('countdown', buffer.nextFlushAt);
  countTo('next-pull', decisions.nextPullAt);
  say('decisions-count', integer(decisions.count));
  say(
    'decisions-origins',
    Object.entries(decisions.origins)
      .map(([origin, held]) => `${integer(held)} ${origin}`)
      .join(' · ') || 'none pulled yet',
  );
  say(
    'decisions-age',
    decisions.pulledAt === null
      ? ''
      : `Pulled at ${timeOfDay(decisions.pulledAt)}. Every request is looked up in memory.`,
  );
  showIdentity(identity, health.store, machineId);
}

function showHealth({ status, problems }) {
  byId('status').dataset.status = status;
  say('status-text', status === 'ok' ? 'agent is well' : `agent is ${status}`);
  const list = byId('problems');
  list.hidden = problems.length === 0;
  list.replaceChildren(...problems.map(({ message }) => element('li', { text: message })));
}

function showBuffer({ size, capacity, nextFlushReason, sent, refused }) {
  while (dots.childElementCount < capacity) dots.append(element('i'));
  [...dots.children].forEach((dot, index) => dot.classList.toggle('full', index < size));
  dots.setAttribute('aria-valuemax', String(capacity));
  dots.setAttribute('aria-valuenow', String(Math.min(size, capacity)));
  say('buffer-size', integer(size));
  say('buffer-of', `of ${capacity} in one call`);
  const why =
    size === 0 ? 'Nothing waits.' : nextFlushReason ? `Why then: ${nextFlushReason}.` : 'PendingSignal for its turn.';
  const refusals = Object.entries(refused)
    .map(([reason, times]) => `${integer(times)} ${reason}`)
    .join(', ');
  say(
    'flush-reason',
    [why, `${count(sent, 'signal')} sent by this agent${refusals ? `; refused: ${refusals}` : ''}.`].join(' '),
  );
}

function showIdentity(identity, store, machineId) {
  say('machine-id', machineId ?? 'none yet');
  say(
    'identity-state',
    identity.stoppedUntil
      ? `${identity.state}; all calls rest until ${timeOfDay(identity.stoppedUntil)}`
      : identity.state,
  );
  say('token', identity.tokenExpiresAt ? `good until ${timeOfDay(identity.tokenExpiresAt)}` : 'none yet');
  say('logins', `${count(identity.loginsLastHour, 'login')} in the last hour, of 5 at most`);
  say('store', store.reachable ? store.description : `${store.description} (out of reach)`);
}

async function flush() {
  flushButton.disabled = true;
  try {
    const response = await fetch('/api/flush', { method: 'POST' });
    const answer = await response.json();
    if (!response.ok) return say('flush-answer', answer.message);
    const next =
      answer.nextAllowedAt > Date.now() ? ` The next call may leave at ${timeOfDay(answer.nextAllowedAt)}.` : '';
    say('flush-answer', answer.sent > 0 ? `${count(answer.sent, 'signal')} sent.${next}` : `Nothing was sent.${next}`);
  } catch (error) {
    say('flush-answer', `The site did not answer: ${error.message}`);
  } finally {
    flushButton.disabled = false;
  }
}
