export { crowdsecHandle, type CrowdsecHandle, type CrowdsecHandleOptions, type CrowdsecLocals } from './handle.js';
