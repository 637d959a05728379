import { bodyConformance } from '@crowdsec-sdk/conformance';
import { nextHost } from './next-host.js';

bodyConformance({ ...nextHost, inflates: false });
