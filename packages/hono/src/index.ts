export { crowdsecMiddleware, type CrowdsecEnv, type CrowdsecMiddleware } from './middleware.js';
