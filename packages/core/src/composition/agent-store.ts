import { apiRoot, speaksToCapi } from '../capi/api-root.js';
import { openStore } from '../store/open-store.js';
import type { Store } from '../store/store.js';
import type { ParsedOptions } from '../options.js';
import type { AgentContext } from './agent-context.js';

/** Where an agent keeps its state. */
export interface AgentStore {
  readonly store: Store;
  /** A folder that keeps a copy of the identity, beside a store that the user gave. */
  readonly identityCopy: Store | undefined;
}

/** What stands in place of CAPI's root in the scope of an agent that does not speak to it: what it stores stays its own. */
const WITHOUT_CAPI = 'without-capi';

/** What says where an installation keeps its state. */
export interface StoreContext extends Pick<AgentContext, 'clock' | 'logger'> {
  readonly options: Pick<
    ParsedOptions,
    'env' | 'apiUrl' | 'store' | 'stateDir' | 'namespace' | 'ephemeral' | 'storeTimeoutMs'
  >;
  /** For those who only look, see {@link openStore}. */
  readonly keepsDamaged?: boolean;
}

/**
 * Opens the store that the options ask for; it touches neither disk nor network.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` when `store` is not a Keyv
 */
export function openAgentStore({ options, clock, logger, keepsDamaged }: StoreContext): AgentStore {
  const root = speaksToCapi(options) ? apiRoot(options) : WITHOUT_CAPI;
  const shared = { namespace: options.namespace ?? 'default', apiRoot: root, clock, logger, keepsDamaged };
  const store = openStore({
    ...shared,
    store: options.store,
    stateDir: options.stateDir,
    ephemeral: options.ephemeral,
    deadlineMs: options.storeTimeoutMs,
  });
  const hasCopy = options.store !== undefined && options.stateDir !== undefined;
  return { store, identityCopy: hasCopy ? openStore({ ...shared, stateDir: options.stateDir }) : undefined };
}
