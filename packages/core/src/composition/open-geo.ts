import { messageOf } from '../errors.js';
import type { RemediationEngine } from '../remediation/remediation-engine.js';
import type { AgentContext } from './agent-context.js';

/** Opens what tells where addresses are, if the options name it; resolves why nobody can tell, if nobody can. */
export async function openGeo(
  { options, logger }: AgentContext,
  engine: RemediationEngine,
): Promise<string | undefined> {
  if (typeof options.geo !== 'object') return undefined;
  try {
    engine.useGeo(await options.geo.open());
    return undefined;
  } catch (error) {
    const failure = `Decisions about countries and networks do not apply: ${messageOf(error)}`;
    logger.warn(failure, { code: 'GEO_UNAVAILABLE' });
    return failure;
  }
}
