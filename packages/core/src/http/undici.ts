/**
 * undici as it is on npm. Bun answers an import of `undici` itself by a stand-in that has the same names and nothing behind them: its agents
 * cannot be closed, and know neither unix sockets, client certificates nor `request()`. It does not do so for a path in the package.
 * Node and Deno make no difference between the two.
 */
export { Agent, EnvHttpProxyAgent, fetch, type Dispatcher } from 'undici/index.js';
