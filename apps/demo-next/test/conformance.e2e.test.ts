import { adapterConformance } from '@crowdsec-sdk/conformance';
import { APPSEC_GROUPS, nextHost } from './next-host.js';

// The rest of the suite, which takes as long, runs beside this.
adapterConformance(nextHost, { except: APPSEC_GROUPS });
