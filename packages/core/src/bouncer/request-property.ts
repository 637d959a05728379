import { IncomingMessage } from 'node:http';

/**
 * A value that is kept with each request, under a symbol of its own: the verdict of one agent about a request that it let through, which
 * several guards in the way of it share.
 *
 * A property costs less than a `WeakMap`, which takes 0.7 µs of each request. One of Node's requests is kept on its `rawHeaders`, an array
 * that each has and that frameworks leave alone: a request of Express itself has a hidden class of its own, to which a property is added
 * in 1.5 µs, see `isReshaped`.
 */
export class RequestProperty<Value> {
  readonly #key = Symbol('crowdsec');

  /** The value that was kept with the request. */
  of(request: object): Value | undefined {
    return (holderOf(request) as Record<symbol, Value | undefined>)[this.#key];
  }

  /** Keeps a value with the request, in place of the one before. */
  keep(request: object, value: Value): void {
    (holderOf(request) as Record<symbol, Value>)[this.#key] = value;
  }
}

function holderOf(request: object): object {
  if (Object.getPrototypeOf(request) !== IncomingMessage.prototype && !(request instanceof IncomingMessage))
    return request;
  const rawHeaders: unknown = Reflect.get(request, 'rawHeaders');
  return Array.isArray(rawHeaders) ? rawHeaders : request;
}
