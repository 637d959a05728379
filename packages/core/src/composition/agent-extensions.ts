import { checkRemedies } from '../extensions/check-extensions.js';
import type { Actions } from '../extensions/outcome-executor.js';
import { ExtensionHost } from '../extensions/host.js';
import type { Store } from '../store/store.js';
import type { AgentContext } from './agent-context.js';

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for an extension or a remedy that can't be used */
export function createAgentExtensions(
  { options, clock, scheduler, logger, events }: AgentContext,
  { store, actions }: { readonly store: Store; readonly actions: Actions },
): ExtensionHost {
  const host = new ExtensionHost({
    extensions: options.extensions,
    actions,
    store,
    clock,
    scheduler,
    logger,
    listener: {
      detected: (detection) => events.emit('detected', detection),
      changed: (change) => events.emit('extensionChanged', change),
    },
  });
  checkRemedies(options.extensions, options.remediations);
  return host;
}
