import { middlewareConformance } from '@crowdsec-sdk/conformance';
import { crowdsecMiddleware } from './index.js';

middlewareConformance(crowdsecMiddleware);
