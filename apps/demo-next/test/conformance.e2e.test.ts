import { adapterConformance } from '@crowdsec-sdk/conformance';
import { nextHost } from './next-host.js';

adapterConformance(nextHost);
