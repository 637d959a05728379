import type { Network } from '../networks/network.js';
import type { Store } from '../store/store.js';
import { SDK_VERSION } from '../version.js';
import type { AgentContext } from './agent-context.js';

/** What an agent says when it starts: what is on, in one line, and the same as data. */
export function tellStart(
  { options, logger }: AgentContext,
  networks: readonly Network[],
  { description: store }: Store,
): void {
  const { namespace = 'default', mode, extensions, appsec } = options;
  const trustedProxies = trustedProxiesOf(options.trustedProxies);
  const names = extensions.map(({ name }) => name);
  const facts = {
    networks: networks.length === 0 ? ['none'] : networks.map(({ name }) => name),
    store,
    namespace,
    trustedProxies,
    mode,
    appsec: appsec === undefined ? 'off' : 'on',
    extensions: names,
  };
  const text = [
    `networks ${facts.networks.join(' and ')}`,
    `store ${store}`,
    `namespace ${namespace}`,
    `trusted proxies ${[trustedProxies].flat().join(', ')}`,
    `mode ${facts.mode}`,
    `AppSec ${facts.appsec}`,
    `extensions ${names.length === 0 ? 'none' : names.join(', ')}`,
  ];
  logger.info(`The agent ${SDK_VERSION} starts: ${text.join('; ')}.`, {
    code: 'STARTED',
    version: SDK_VERSION,
    ...facts,
  });
}

/** Whom headers are believed, as the option says it. */
function trustedProxiesOf(given: AgentContext['options']['trustedProxies']): string | readonly string[] {
  if (given === undefined) return 'none';
  if (typeof given === 'function') return 'a function';
  if (typeof given === 'number') return `${given} hops`;
  return given;
}
