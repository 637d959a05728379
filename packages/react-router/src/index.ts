export { crowdsecAgentContext, crowdsecContext } from './context.js';
export { crowdsecMiddleware, type CrowdsecMiddleware } from './middleware.js';
