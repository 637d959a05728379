import { appsecAddress } from '../appsec/address.js';
import type { AppsecHealth } from '../appsec/appsec-health.js';
import { AppsecLog } from '../appsec/appsec-log.js';
import { BodyMemoryBudget } from '../appsec/body-memory-budget.js';
import { AppsecClient } from '../appsec/client.js';
import { AppsecInspector } from '../appsec/inspector.js';
import { bytesToHold, readBody } from '../bouncer/read-body.js';
import { STALLED_BODY_MS } from '../bouncer/request-body.js';
import type { RequestInspector } from '../bouncer/request-inspector.js';
import { skipRule } from '../bouncer/skip-rule.js';
import { CrowdsecError } from '../errors.js';
import { endpointConnections } from '../http/dispatcher.js';
import { lapiUserAgent } from '../lapi/user-agent.js';
import { secretOf } from '../secret-file.js';
import type { Secret } from '../secret.js';
import { SynchronousOptions } from '../synchronous-options.js';
import { observedAppsec } from '../telemetry/observed-appsec.js';
import type { AgentContext } from './agent-context.js';

/** Calls beyond as many wait for one of them to end: an AppSec that hangs must not eat up the sockets of the host. */
const MAX_CONNECTIONS = 256;

/** The agent's side of an AppSec component. */
export interface AgentAppsec {
  readonly inspector: RequestInspector;
  readonly health: AppsecHealth;
  /** Options whose functions answered by a promise. */
  readonly refusedOptions: readonly string[];
  /** Closes the connections. */
  close(): Promise<void>;
}

/** The agent's side of AppSec; `undefined` where the options name none, or say that nothing is to be acted on. */
export function createAgentAppsec({
  options,
  clock,
  logger,
  calls,
  histograms,
}: AgentContext): AgentAppsec | undefined {
  const { appsec, bouncingLevel } = options;
  if (appsec === undefined || bouncingLevel === 'disabled') return undefined;
  const address = appsecAddress(appsec.url);
  const { dispatcher, proxy } = endpointConnections(address.endpoint, {
    tls: appsec.tls,
    warn: (message) => logger.warn(message, { code: 'PROXY_UNUSABLE' }),
    connections: MAX_CONNECTIONS,
  });
  const userAgent = lapiUserAgent({ suffix: options.userAgentSuffix, version: options.userAgentVersion });
  const log = new AppsecLog(address.endpoint.name, { clock, logger });
  const synchronous = new SynchronousOptions(logger);
  const inspector = new AppsecInspector({
    ...appsec,
    client: observedAppsec(
      new AppsecClient({ address, dispatcher, proxy, userAgent, timeoutMs: appsec.timeoutMs, signal: calls.signal }),
      { histograms, clock },
    ),
    apiKey: keyOf(options),
    log,
    skips: skipRule(appsec.skip, synchronous, 'options.appsec.skip'),
    readBody,
    bytesToHold,
    memory: new BodyMemoryBudget({ longestWaitMs: STALLED_BODY_MS }),
    neverBans: bouncingLevel === 'flex',
    wantsRefused: appsec.requests === 'all',
  });
  return {
    inspector,
    get health() {
      return log.health;
    },
    get refusedOptions() {
      return synchronous.refused;
    },
    close: () => dispatcher.destroy(),
  };
}

/** The key of its own, or that of the local API: AppSec asks the same database. */
function keyOf({ appsec, lapi }: AgentContext['options']): Secret {
  const own = secretOf({ value: appsec?.apiKey, file: appsec?.apiKeyFile }, 'options.appsec.apiKey');
  const key = own ?? secretOf({ value: lapi?.apiKey, file: lapi?.apiKeyFile }, 'options.lapi.apiKey');
  if (key !== undefined) return key;
  throw new CrowdsecError('CROWDSEC_OPTION_INVALID', 'options.appsec.apiKey: is required', {
    path: 'options.appsec.apiKey',
  });
}
