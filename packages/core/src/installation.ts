import { systemClock } from './clock.js';
import { openAgentStore } from './composition/agent-store.js';
import { InstallationDecisions } from './composition/installation-decisions.js';
import type { InstallationNetwork } from './composition/installation-network.js';
import type { InstallationSignals } from './composition/installation-signals.js';
import { parseInstallationOptions } from './composition/installation-options.js';
import { consoleLogger } from './logger.js';
import type { CrowdsecOptions } from './options.js';
import { timerScheduler } from './scheduler.js';
import type { Store } from './store/store.js';

/**
 * An installation as a tool sees it from outside, whether processes of it run or not. What is read needs no lease and starts nothing: no
 * job, no login, no pull. What is written goes the way of the running processes, under the same leases, so that they have it within
 * seconds.
 */
export interface Installation extends AsyncDisposable {
  /** Its state. Damaged values are told of, and left to the processes that own them. */
  readonly store: Store;
  readonly decisions: InstallationDecisions;
  /** Loaded when they are first asked for. */
  signals(): Promise<InstallationSignals>;
  /** What speaks to the network, within the budgets that all processes share. It is made when it is first asked for. */
  network(): Promise<InstallationNetwork>;
  /** Gives back connections and files. */
  close(): Promise<void>;
}

/**
 * Opens the installation that these options describe; it touches neither disk nor network. For tools such as the command line; an
 * application makes an agent by {@link createCrowdsec}.
 *
 * This entry point loads little, since a command should answer at once: whoever needs all options checked calls {@link checkOptions}.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` when an option about the store or the policy is wrong
 */
export function openInstallation(given: CrowdsecOptions): Installation {
  const options = parseInstallationOptions(given);
  const parts = {
    options,
    clock: given.clock ?? systemClock,
    scheduler: given.scheduler ?? timerScheduler,
    logger: given.logger ?? consoleLogger('warn'),
  };
  const { store } = openAgentStore({ ...parts, keepsDamaged: true });
  const decisions = new InstallationDecisions({ ...parts, store });
  let network: Promise<InstallationNetwork> | undefined;
  const close = async (): Promise<void> => {
    await (await network?.catch(() => undefined))?.close();
    await store.close();
  };
  return {
    store,
    decisions,
    signals: async () => {
      const { InstallationSignals } = await import('./composition/installation-signals.js');
      return new InstallationSignals(store);
    },
    network: () =>
      (network ??= import('./composition/installation-network.js').then(({ open }) => open(given, decisions))),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Checks all options as an agent would.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong
 */
export async function checkOptions(options: CrowdsecOptions): Promise<void> {
  const { parseOptions } = await import('./options.js');
  const { checkExtensions } = await import('./extensions/check-extensions.js');
  checkExtensions(parseOptions(options).extensions);
}

export { localDecisionTarget } from './composition/installation-decisions.js';
export type { InstallationDecisions, StoredDecisions } from './composition/installation-decisions.js';
export type { InstallationSignals } from './composition/installation-signals.js';
export type { InstallationNetwork } from './composition/installation-network.js';
export { countRows, rowsOf } from './decisions/describe-row.js';
export { DEFAULT_LOCAL_LIMIT, LOCAL_ORIGIN } from './decisions/local-decisions.js';
export { isCrowdsecError, messageOf } from './errors.js';
export { formatGoDuration } from './decisions/go-duration.js';
export { canonicalIp } from './ip/address.js';
export { formatPrefix, parsePrefix, prefixHolds } from './ip/prefix.js';
export { keepProcessAlive } from './keep-process-alive.js';
export { knowSecret, knowSecretsOfUrl, redact } from './redaction/redaction.js';
export { SDK_VERSION } from './version.js';
