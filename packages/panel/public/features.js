import { byId, say, showFacts } from './dom.js';
import { breakdown, integer, since, timeOfDay, until } from './format.js';

/** Shows the local API, AppSec and the captcha, each where it is on. */
export function showFeatures({ lapi, appsec, captcha }) {
  showCard('lapi-card', lapi, showLapi);
  showCard('appsec-card', appsec, showAppsec);
  showCard('captcha-card', captcha, showCaptcha);
}

function showCard(id, feature, showIn) {
  byId(id).hidden = feature === null;
  if (feature !== null) showIn(feature);
}

function showStatus(id, kind, text) {
  byId(id).className = `badge ${kind}`;
  say(id, text);
}

function showLapi({ url, role, stale, count, skipped, pulledAt, fullAt, nextPullAt, failure, machine }) {
  if (failure !== null) showStatus('lapi-status', 'bad', 'failing');
  else showStatus('lapi-status', stale ? 'bad' : 'good', stale ? 'silent' : 'answers');
  showFacts('lapi', {
    Address: url,
    'This process': role === 'puller' ? 'asks it' : 'follows the process that asks it',
    'Last pull': since(pulledAt),
    'Last full pull': since(fullAt),
    'Next pull': until(nextPullAt),
    Failure: failure === null ? undefined : `${failure.message} (since ${timeOfDay(failure.since)})`,
    'Decisions held': integer(count),
    'Left out': breakdown(skipped) || undefined,
    ...machineFacts(machine),
  });
}

function machineFacts(machine) {
  if (machine === null) return { Alerts: 'none: no machine is configured' };
  const { machineId, loggedIn, failure, alertsSent, alertsDiscarded } = machine;
  const login = loggedIn ? 'logged in' : 'not logged in yet';
  return {
    Machine: `${machineId ?? 'by its certificate'}, ${failure === null ? login : `refused; tries again ${until(failure.nextAt)}`}`,
    'Alerts sent': integer(alertsSent),
    'Alerts not kept': alertsDiscarded > 0 ? integer(alertsDiscarded) : undefined,
  };
}

function showAppsec({ url, asked, actions, failures, unseenBodies, failing, lastFailure }) {
  showStatus('appsec-status', failing ? 'bad' : 'good', failing ? 'failing' : asked > 0 ? 'answers' : 'not asked yet');
  showFacts('appsec', {
    Address: url,
    'Requests asked about': integer(asked),
    'Last failure': lastFailure
      ? `${lastFailure.cause} at ${timeOfDay(lastFailure.at)}: ${lastFailure.message}`
      : 'none',
    'Bodies not seen': breakdown(unseenBodies) || undefined,
  });
  const failed = Object.entries(failures).filter(([, number]) => number > 0);
  showFacts('appsec-outcomes', {
    ...Object.fromEntries(
      Object.entries({ allow: 0, ...actions }).map(([action, number]) => [action, integer(number)]),
    ),
    ...Object.fromEntries(failed.map(([cause, number]) => [`failed: ${cause}`, integer(number)])),
  });
}

function showCaptcha({ shown, challenges, solved, refused, limited, passed, providerFailures }) {
  showFacts('captcha', {
    Shown: integer(shown),
    'Challenges handed out': integer(challenges),
    Solved: integer(solved),
    Failed: integer(refused),
    'Passed by one solved before': integer(passed),
    'Asked too often': limited > 0 ? integer(limited) : undefined,
    'Provider failed': providerFailures > 0 ? integer(providerFailures) : undefined,
  });
}
