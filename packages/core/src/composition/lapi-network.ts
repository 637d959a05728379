import type { Network } from '../networks/network.js';
import type { AgentContext } from './agent-context.js';

/** The agent's side of a local API: the decisions that it holds, and the machine that reports. */
export interface LapiNetwork extends Network {
  readonly name: 'lapi';
}

/** The agent's side of the local API; `undefined` when the options name none. */
export function createLapiNetwork({ options }: AgentContext): LapiNetwork | undefined {
  if (options.lapi === undefined) return undefined;
  return {
    name: 'lapi',
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
