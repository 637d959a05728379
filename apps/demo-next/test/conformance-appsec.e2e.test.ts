import { adapterConformance } from '@crowdsec-sdk/conformance';
import { APPSEC_GROUPS, nextHost } from './next-host.js';

// The other part of the suite is in conformance.e2e.test.ts: each start of `next start` takes a second of a processor, and there are two.
adapterConformance(nextHost, { groups: APPSEC_GROUPS });
