import { createContext } from 'react-router';

/** @typedef {import('react-router').RouterContext<import('@crowdsec-sdk/core').Crowdsec>} AgentContext */

/** The server and the build each have a copy of this module; what they share is here. */
const place = /** @type {{ agentContext?: AgentContext }} */ (globalThis);

/** The agent, to which actions report. */
export const agentContext = (place.agentContext ??= /** @type {AgentContext} */ (createContext()));
