import { ConfigError } from './config-error.js';
import { didYouMean } from './nearest.js';
import { OPTION_NAMES } from './option-names.js';

/**
 * Finds options that do not exist, in objects within objects too.
 *
 * @param from the file or whatever else holds them
 * @throws ConfigError naming the first one, and the nearest that there is
 */
export function checkNames(options: object, from: string, names: object = OPTION_NAMES, path = ''): void {
  const known = Object.keys(names);
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const full = path + name;
    if (!known.includes(name)) {
      throw new ConfigError(`${from}: there is no option ${full}.${didYouMean(name, known)}`);
    }
    const inner: unknown = (names as Record<string, unknown>)[name];
    if (typeof inner !== 'object' || inner === null || !isPlainObject(value)) continue;
    checkNames(value, from, inner, `${full}.`);
  }
}

/** Whether this is an object as a file or a literal makes one. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
