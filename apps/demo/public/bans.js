import { byId, countdown, element, say } from './dom.js';
import { showEntries } from './entries.js';

/** Shows whom the site itself has banned. */
export function showBans({ bans }) {
  say('bans-count', bans.length === 0 ? '' : `${bans.length} in force`);
  showEntries(byId('bans'), bans, ({ value, scenario, expiresAt }) => {
    const button = element('button', { text: 'Lift' });
    button.type = 'button';
    button.setAttribute('aria-label', `Lift the ban of ${value}`);
    button.addEventListener('click', () => lift(value, button));
    return [
      element('div', { className: 'line' }, element('strong', { className: 'mono', text: value }), button),
      element('div', { className: 'said' }, `${scenario} · ends in `, countdown(expiresAt)),
    ];
  });
}

async function lift(value, button) {
  button.disabled = true;
  // The button goes with its entry.
  byId('bans').focus();
  try {
    const response = await fetch('/api/lift', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ value }),
    });
    const { lifted, message } = await response.json();
    say(
      'lift-answer',
      response.ok ? (lifted ? `${value} is let in again.` : `${value} was not banned any more.`) : message,
    );
  } catch (error) {
    say('lift-answer', `The site did not answer: ${error.message}`);
    button.disabled = false;
  }
}
