export { crowdsecMiddleware, type CrowdsecLocals, type CrowdsecMiddleware } from './middleware.js';
