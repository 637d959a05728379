/**
 * What is needed of a Keyv: by its form, not by its class, so that Keyv 5, Keyv 6 and a second copy of either all fit.
 */
export interface KeyvLike {
  /** The storage behind it. */
  readonly store: unknown;
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, ttl?: number): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  /** Where there is one it is preferred: `get` of Keyv 5 makes a missing value of an error. */
  getRaw?(key: string): Promise<unknown>;
  on?(event: 'error', listener: (error: unknown) => void): unknown;
  off?(event: 'error', listener: (error: unknown) => void): unknown;
}

/** True for whatever can be used as a Keyv; a storage adapter or a Map has no `store`, and is none. */
export function isKeyvLike(value: unknown): value is KeyvLike {
  return (
    isObject(value) &&
    isObject(value.store) &&
    ['get', 'set', 'delete'].every((method) => typeof value[method] === 'function')
  );
}

/** The storage behind a Keyv and what that one wraps in turn, outermost first. */
export function storagesOf(keyv: KeyvLike): readonly object[] {
  const found: object[] = [];
  for (let at: unknown = keyv.store; isObject(at) && found.length < 4; at = at.store) found.push(at);
  return found;
}

/** True when the values live in this process's memory only. */
export function isInMemory(keyv: KeyvLike): boolean {
  return storagesOf(keyv).some((storage) => Object.prototype.toString.call(storage) === '[object Map]');
}

/** True for objects, functions aside. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
