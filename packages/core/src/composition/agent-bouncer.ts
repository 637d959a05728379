import { banRemedy } from '../bouncer/ban-remedy.js';
import { Bouncer } from '../bouncer/bouncer.js';
import { pickBouncerOptions } from '../bouncer/options.js';
import type { RequestUsage } from '../bouncer/request-usage.js';
import type { ExtensionHost } from '../extensions/host.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import type { AgentContext } from './agent-context.js';

/** The bouncer of an agent: its remedies are the built-in ban, those of extensions, then those of the options. */
export function createAgentBouncer(
  { options, clock, scheduler, logger, events }: AgentContext,
  {
    engine,
    extensions,
    usage,
  }: {
    readonly engine: RemediationEngine;
    readonly extensions: ExtensionHost;
    /** Counts requests for usage metrics; `undefined` when nobody is told of them. */
    readonly usage: RequestUsage | undefined;
  },
): Bouncer {
  const bouncer = new Bouncer({
    ...pickBouncerOptions(options),
    getIpRemediation: (ip) => engine.getIpRemediation(ip),
    remedies: { ...extensions.remedies({ ban: banRemedy(options.ban) }), ...options.remedies },
    observer: extensions,
    usage,
    logger,
    clock,
    scheduler,
    onBlocked: (blocked) => events.emit('requestBlocked', blocked),
  });
  engine.useRemedies((remediation) => bouncer.letsUnhandledPass(remediation));
  return bouncer;
}
