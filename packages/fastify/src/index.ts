export { crowdsecPlugin } from './plugin.js';
