import { byId, countTo, say } from './dom.js';
import { count, integer, timeOfDay } from './format.js';

const flushButton = byId('flush');

/** Shows how many signals wait, and for what. */
export function showBuffer({ buffer: { size, capacity, nextFlushAt, nextFlushReason, sent, refused } }) {
  const meter = byId('meter');
  meter.setAttribute('aria-valuemax', String(capacity));
  meter.setAttribute('aria-valuenow', String(Math.min(size, capacity)));
  byId('meter-level').style.width = `${Math.min(100, (100 * size) / capacity)}%`;
  countTo('countdown', nextFlushAt);
  say('buffer-size', integer(size));
  say('buffer-of', `of ${capacity} in one call`);
  const why =
    size === 0 ? 'Nothing waits.' : nextFlushReason ? `Why then: ${nextFlushReason}.` : 'Waiting for its turn.';
  const refusals = Object.entries(refused)
    .map(([reason, times]) => `${integer(times)} ${reason}`)
    .join(', ');
  say('flush-reason', `${why} ${count(sent, 'signal')} sent by this agent${refusals ? `; refused: ${refusals}` : ''}.`);
}

export function listenToFlush() {
  flushButton.addEventListener('click', () => void flush());
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
