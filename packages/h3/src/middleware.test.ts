import { middlewareConformance } from '@crowdsec-sdk/conformance';
import { crowdsecMiddleware, crowdsecNitroPlugin } from './index.js';

middlewareConformance(crowdsecMiddleware);
middlewareConformance(crowdsecNitroPlugin);
