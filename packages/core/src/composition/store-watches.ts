import { userAgent } from '../capi/user-agent.js';
import type { Problem } from '../health.js';
import { ApplicationWatch } from '../store/application-watch.js';
import { StoreWatch } from '../store/store-watch.js';
import type { Store } from '../store/store.js';
import type { AgentContext } from './agent-context.js';

/** What watches the store while an agent runs. */
export interface StoreWatches {
  /** Resolves after the first look; never rejects. */
  start(): Promise<void>;
  /** Ends the jobs, and waits for what is on its way. Never rejects. */
  stop(): Promise<void>;
  /** Another application uses the same namespace. */
  readonly sharedNamespace: Problem | undefined;
}

/** Watches whether the store takes writes, and whether another application uses it. @param parts.scenarios all that may be reported */
export function createStoreWatches(
  { options, clock, scheduler, logger }: AgentContext,
  { store, scenarios }: { readonly store: Store; readonly scenarios: ReadonlySet<string> },
): StoreWatches {
  const [product = ''] = userAgent({ suffix: options.userAgentSuffix }).split('/');
  const application = { userAgent: product, scenarios: [...scenarios] };
  const { namespace = 'default' } = options;
  const applications = new ApplicationWatch({ store, application, namespace, clock, scheduler, logger });
  const writes = new StoreWatch({ store, scheduler, logger });
  return {
    start: async () => void (await Promise.all([writes.start(), applications.start()])),
    stop: async () => {
      writes.stop();
      await applications.stop();
    },
    get sharedNamespace() {
      return applications.problem;
    },
  };
}
