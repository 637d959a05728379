/** What to do about each problem that health can name. */
const CURES: Readonly<Record<string, string>> = {
  NOT_STARTED: 'Call start() when the application starts.',
  NO_DECISIONS: 'Check that the network can be reached from here; the agent tries again by itself.',
  DECISIONS_STALE: 'Check the calls to the network: a firewall, a proxy, or a full login budget.',
  CLOCK_SKEW: 'Synchronise the clock of this machine, for instance by chrony or systemd-timesyncd.',
  STORE_NOT_WRITABLE: 'Make room on the disk, or give the process the right to write there.',
  STORE_DAMAGED: 'What was damaged was set aside; check the disk. Nothing else is to be done.',
  NAMESPACE_SHARED: 'Give each application a namespace of its own; parts of one should declare the same scenarios.',
  GEO_UNAVAILABLE: 'Check the paths of the MaxMind files in the option geo.',
  REMEDY_MISSING: 'Give a remedy for this type in the option remedies, or name it in fallbackRemediation.',
  LIST_FAILED: 'The list is asked for again by itself. If that fails for long, check it in the console.',
  LOCAL_DECISIONS_FULL: 'Raise maxLocalDecisions, or decide for a shorter time.',
  EXTENSION_OFF: 'It comes back by itself. If it fails again, its reason tells where to look.',
  EXTENSION_CAPPED:
    'Look at what it finds: an attack of this size, or a scenario that is too eager. capPerHour sets the limit.',
  APPSEC_FAILED: 'Check that AppSec runs, where appsec.url leads, and that appsec.apiKey is a bouncer key of its LAPI.',
  CLOCK_FAILED: 'Repair the clock that the application injects.',
  SCHEDULER_FAILED: 'Repair the scheduler that the application injects.',
  LOGGER_FAILED: 'Repair the logger that the application injects.',
  CROWDSEC_OPTION_INVALID: 'Change the option that the message names.',
  CROWDSEC_API_STATUS: 'The message tells what the network answered; the agent tries again by itself.',
  CROWDSEC_API_MALFORMED: 'Something else answers at the address of the network: check it, and proxies in between.',
  SIGNALS_DEFERRED: 'Nothing is lost: they are sent when the network takes them. The message tells why it does not.',
  CROWDSEC_LOGIN_BUDGET: 'Wait: the budget is per hour. Find out what logs in so often, such as a restart loop.',
  CROWDSEC_LOGIN_FORBIDDEN:
    'Wait until the calls go on. Several installations behind one address should start minutes apart.',
  CROWDSEC_CREDENTIALS_REJECTED:
    'Check the credentials that are configured, or clear the stored identity so that a new machine registers.',
  CROWDSEC_API_UNREACHABLE: 'Check DNS, firewall and proxy; the agent tries again by itself.',
  CROWDSEC_STORE_UNAVAILABLE: 'Check that the store runs and can be reached.',
  CROWDSEC_NO_DURABLE_STORE: 'Give a stateDir or a store, or opt in by ephemeral: true.',
};

/** What to do about a problem, in a sentence or two; its message says more. */
export function cureOf(code: string): string {
  return CURES[code] ?? 'See the message.';
}
