import { middlewareConformance } from '@crowdsec-sdk/conformance';
import { crowdsecHandler, crowdsecMiddleware } from './index.js';

middlewareConformance((given) => crowdsecHandler(given, () => undefined));
middlewareConformance(crowdsecMiddleware);
