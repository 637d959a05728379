import { adapterConformance, bodyConformance } from '@crowdsec-sdk/conformance';
import { host } from './host.js';

adapterConformance(host);
bodyConformance({ ...host, inflates: false });
