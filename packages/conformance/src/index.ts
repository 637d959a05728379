export { adapterConformance } from './adapter-conformance.js';
export type { Host, HostOptions, RunningHost } from './host.js';
export { listenByTls, portOf } from './listen.js';
export { middlewareConformance, OFFLINE, type MiddlewareFactory } from './middleware-suite.js';
export { nodeHost, type NodeApp } from './node-host.js';
export { processHost } from './process-host.js';
export { CAPTCHA_HEADER, sendSolution, solutionFor, solveCaptcha, type CaptchaAnswer } from './solve-captcha.js';
export { visit } from './visit.js';
export { BANNED, CLEAN, PLACES } from './test-environment.js';
