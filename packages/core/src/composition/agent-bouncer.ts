import { banRemedy } from '../bouncer/ban-remedy.js';
import { Bouncer } from '../bouncer/bouncer.js';
import { pickBouncerOptions } from '../bouncer/options.js';
import type { RequestUsage } from '../bouncer/request-usage.js';
import type { Captcha } from '../captcha/captcha.js';
import type { ExtensionHost } from '../extensions/host.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import type { AgentAppsec } from './agent-appsec.js';
import type { AgentContext } from './agent-context.js';

/** The bouncer of an agent: its remedies are the built-in ban and captcha, those of extensions, then those of the options. */
export function createAgentBouncer(
  { options, clock, scheduler, logger, events }: AgentContext,
  {
    engine,
    extensions,
    captcha,
    appsec,
    usage,
  }: {
    readonly engine: RemediationEngine;
    readonly extensions: ExtensionHost;
    readonly captcha: Captcha | undefined;
    readonly appsec: AgentAppsec | undefined;
    /** Counts requests for usage metrics; `undefined` when nobody is told of them. */
    readonly usage: RequestUsage | undefined;
  },
): Bouncer {
  const builtIn = { ban: banRemedy(options.ban), ...(captcha && { captcha: captcha.remedy }) };
  const bouncer = new Bouncer({
    ...pickBouncerOptions(options),
    getIpRemediation: (ip) => engine.getIpRemediation(ip),
    remedies: { ...extensions.remedies(builtIn), ...options.remedies },
    endpoint: captcha,
    observer: extensions,
    inspector: appsec?.inspector,
    usage,
    logger,
    clock,
    scheduler,
    onBlocked: (blocked) => events.emit('requestBlocked', blocked),
  });
  engine.useRemedies((remediation) => bouncer.letsUnhandledPass(remediation));
  return bouncer;
}
