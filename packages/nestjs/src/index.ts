export { CrowdsecModule } from './crowdsec.module.js';
export type { CrowdsecModuleAsyncOptions, CrowdsecModuleOptions, CrowdsecOptionsFactory } from './module-definition.js';
export { CrowdsecGuard } from './crowdsec.guard.js';
export { CrowdsecForbiddenException } from './crowdsec-forbidden.exception.js';
export { requestFacts, type NestRequest } from './request-facts.js';
export { CROWDSEC, InjectCrowdsec } from './tokens.js';
