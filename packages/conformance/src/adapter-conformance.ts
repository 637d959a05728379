import { afterAll, beforeAll, describe } from 'vitest';
import { appsecCases } from './cases/appsec.js';
import { appsecFailureCases } from './cases/appsec-failures.js';
import { appsecHostileCases } from './cases/appsec-hostile.js';
import { captchaCases } from './cases/captcha.js';
import { clientIpCases } from './cases/client-ip.js';
import { connectionCases } from './cases/connections.js';
import { eventCases } from './cases/events.js';
import { hostileCases } from './cases/hostile.js';
import { httpCases } from './cases/http.js';
import { lifecycleCases } from './cases/lifecycle.js';
import { policyCases } from './cases/policy.js';
import { refusalCases } from './cases/refusal.js';
import { spoofingCases } from './cases/spoofing.js';
import type { Host } from './host.js';
import { DEADLINE_MS, type Subject } from './suite.js';
import { createTestEnvironment, type TestEnvironment } from './test-environment.js';

/** Cases of the suite that belong together. */
export type CaseGroup =
  | 'refusal'
  | 'clientIp'
  | 'connections'
  | 'spoofing'
  | 'http'
  | 'policy'
  | 'captcha'
  | 'events'
  | 'hostile'
  | 'appsec'
  | 'appsecFailures'
  | 'appsecHostile'
  | 'lifecycle';

/** In the order in which they run. */
const GROUPS: Readonly<Record<CaseGroup, (subject: Subject) => void>> = {
  refusal: refusalCases,
  clientIp: clientIpCases,
  connections: connectionCases,
  spoofing: spoofingCases,
  http: httpCases,
  policy: policyCases,
  captcha: captchaCases,
  events: eventCases,
  hostile: hostileCases,
  appsec: appsecCases,
  appsecFailures: appsecFailureCases,
  appsecHostile: appsecHostileCases,
  lifecycle: lifecycleCases,
};

/** Which cases are declared. */
export interface ConformanceOptions {
  /**
   * Only these groups: for a second host of an adapter that passes the whole suite elsewhere, such as the same application in a process
   * of its own. All by default.
   */
  readonly groups?: readonly CaseGroup[];
  /** All but these groups, which another file declares by `groups`: so that two processes share the suite. None by default. */
  readonly except?: readonly CaseGroup[];
}

/**
 * Declares the suite that every adapter passes: over real HTTP, against a listening server of its framework, with a
 * real agent that pulled from a real sandbox. Cases that a host cannot have (peers where there is no socket) are not
 * declared for it.
 */
export function adapterConformance(host: Host, { groups, except = [] }: ConformanceOptions = {}): void {
  let environment: TestEnvironment;
  const subject: Subject = { host, environment: () => environment };

  describe(`conformance: ${host.adapter}`, { timeout: DEADLINE_MS }, () => {
    beforeAll(async () => {
      environment = await createTestEnvironment(host);
    }, DEADLINE_MS);
    afterAll(() => environment.stop(), DEADLINE_MS);

    const chosen = groups ?? (Object.keys(GROUPS) as CaseGroup[]);
    for (const group of chosen.filter((name) => !except.includes(name))) GROUPS[group](subject);
  });
}
