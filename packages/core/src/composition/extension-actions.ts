import type { Crowdsec } from '../agent.js';
import type { Actions } from '../extensions/outcome-executor.js';
import { parsePrefix } from '../ip/prefix.js';
import type { LocalDecisionWriter } from './local-decision-writer.js';
import type { ReasonNotReportable } from './report-exclusions.js';

/** What extensions act by: the calls that the application has, but for decisions, which never weaken what holds. */
export function extensionActions(
  agent: Pick<Crowdsec, 'report' | 'whisper'>,
  parts: {
    readonly reasonNotReportable: ReasonNotReportable;
    /** Made after the extensions. */
    readonly localDecisions: () => LocalDecisionWriter;
  },
): Actions {
  return {
    reasonNotReportable: (address) => {
      const prefix = parsePrefix(address);
      return prefix && parts.reasonNotReportable(prefix);
    },
    decide: (decision) => parts.localDecisions().decideUnlessStronger(decision),
    report: (report) => agent.report(report),
    whisper: (whisper) => agent.whisper(whisper),
  };
}
