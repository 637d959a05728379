import { middlewareConformance } from '@crowdsec-sdk/conformance';
import { crowdsecMiddleware } from './index.js';

/** What it does with requests, the conformance suite says in apps/demo-koa. */
middlewareConformance(crowdsecMiddleware);
