import { isCrowdsecError } from '../errors.js';

/** The kind of a failure in a word, of which there are few: a code such as `ECONNREFUSED`, or the name of the error. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  if (isCrowdsecError(error)) return error.code;
  const { cause } = error;
  for (const each of [error, cause]) {
    const code = typeof each === 'object' && each !== null && 'code' in each ? each.code : undefined;
    if (typeof code === 'string' && code !== '') return code;
  }
  return error.name;
}
