import { IncomingMessage } from 'node:http';

/**
 * Whether a request of `node:http` was given another prototype, as Express does with each. V8 then makes a hidden class for each of them,
 * so that no inline cache ever hits: to read a property takes 150 ns, and to add one 1.5 µs, that of a plain one a few. `Reflect.get`
 * looks properties up without a cache, in 30 ns.
 */
export function isReshaped(request: object): boolean {
  // The usual answer first: a request passes here several times.
  return Object.getPrototypeOf(request) !== IncomingMessage.prototype && request instanceof IncomingMessage;
}
