export { crowdsecMiddleware, type CrowdsecMiddleware, type CrowdsecState } from './middleware.js';
