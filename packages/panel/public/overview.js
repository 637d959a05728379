import { badge, byId, element, say, show, showFacts } from './dom.js';
import { breakdown, count, integer, since, until } from './format.js';

const STATUS = { ok: 'everything works', degraded: 'works, with problems', unavailable: 'not protecting' };

/** Shows the status, the problems with their cure, and the facts about decisions, signals, identity and store. */
export function showOverview(state) {
  byId('status').dataset.status = state.status;
  say('status-text', STATUS[state.status]);
  showProblems(state.problems);
  showDecisions(state.decisions);
  showSignals(state.signals);
  showIdentity(state);
}

function showProblems(problems) {
  byId('problems').hidden = problems.length === 0;
  show(byId('problem-list'), problems, () =>
    problems.map(({ code, message, cure }) =>
      element(
        'li',
        {},
        badge('bad', code),
        element('p', { text: message }),
        element('p', { className: 'cure', text: `What to do: ${cure}` }),
      ),
    ),
  );
}

function showDecisions({ count: held, local, localLimit, origins, stale, pulledAt, nextPullAt }) {
  showFacts('decisions', {
    Held: integer(held),
    Local: `${integer(local)} of at most ${integer(localLimit)}`,
    'Last pull': `${since(pulledAt)}${stale ? ' (stale)' : ''}`,
    'Next pull': until(nextPullAt),
  });
  const entries = Object.entries(origins).sort(([, a], [, b]) => b - a);
  showFacts(
    'origins',
    entries.length === 0 ? { None: '–' } : Object.fromEntries(entries.map(([name, number]) => [name, integer(number)])),
  );
}

function showSignals({ buffered, nextFlushAt, nextFlushReason, sent, merged, evicted, poisoned, refused }) {
  showFacts('signals', {
    Waiting: integer(buffered),
    'Next call': buffered === 0 ? 'nothing waits' : `${until(nextFlushAt ?? null)}: ${nextFlushReason}`,
    Sent: integer(sent),
    Merged: integer(merged),
    Evicted: evicted > 0 ? integer(evicted) : undefined,
    Poisoned: poisoned > 0 ? integer(poisoned) : undefined,
    Refused: breakdown(refused) || undefined,
  });
}

function showIdentity({ userAgent, identity, lapi, store }) {
  const { state, machineId, tokenExpiresAt, loginsLastHour, stoppedUntil } = identity;
  const { description, durable, shared, reachable, writable } = store;
  // An agent with a local API alone is nobody at the Central API.
  const isKnown = lapi === null || state !== 'none';
  showFacts('identity', {
    'User agent': userAgent,
    Machine: isKnown ? (machineId ?? 'none yet') : undefined,
    State: isKnown ? state : undefined,
    Token: isKnown ? (tokenExpiresAt === null ? 'none' : `ends ${until(tokenExpiresAt)}`) : undefined,
    Logins: isKnown ? `${count(loginsLastHour, 'login')} in the last hour, of at most 5` : undefined,
    'Calls rest': stoppedUntil === null ? undefined : `ending ${until(stoppedUntil)}`,
    Store: `${description} (${[durable ? 'durable' : 'in memory', shared ? 'shared' : 'of this host'].join(', ')})`,
    'Store answers': reachable ? 'yes' : 'no',
    'Store takes writes': writable ? 'yes' : 'no',
  });
}
