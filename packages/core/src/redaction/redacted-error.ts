import { redact } from './redaction.js';

/** What errors of Node and of clients say beside their message, without quoting what was sent. */
const DETAILS = ['code', 'errno', 'syscall', 'address', 'port', 'status', 'statusCode'] as const;
const MAX_DEPTH = 4;
const MAX_ERRORS = 10;

/**
 * A copy of an error from outside that may be shown: name, message, stack and causes are redacted, and of its other members only those
 * stay that tell what failed. Errors of HTTP clients and of storage adapters carry requests, commands and values, hidden or not.
 *
 * @param isClean tells errors that are known to hold no secret: they are returned as they are
 */
export function redactedError(error: unknown, isClean: (error: unknown) => boolean, depth = 0): unknown {
  if (isClean(error)) return error;
  try {
    if (error instanceof Error) return copyOf(error, isClean, depth);
    return typeof error === 'object' && error !== null ? redact(textOf(error)) : redactedValue(error);
  } catch {
    return new Error('an error that can not be read');
  }
}

function copyOf(error: Error, isClean: (error: unknown) => boolean, depth: number): Error {
  const copy = new Error(redact(error.message));
  define(copy, 'name', redact(error.name));
  define(copy, 'stack', typeof error.stack === 'string' ? redact(error.stack) : undefined);
  for (const name of DETAILS) {
    const value = (error as unknown as Record<string, unknown>)[name];
    if (typeof value === 'string' || typeof value === 'number') Object.assign(copy, { [name]: redactedValue(value) });
  }
  const inner = (cause: unknown): unknown => redactedError(cause, isClean, depth + 1);
  if (depth < MAX_DEPTH && error.cause !== undefined) define(copy, 'cause', inner(error.cause));
  if (depth < MAX_DEPTH && 'errors' in error && Array.isArray(error.errors))
    define(copy, 'errors', error.errors.slice(0, MAX_ERRORS).map(inner));
  return copy;
}

function textOf(thrown: { toString(): string }): string {
  return thrown.toString();
}

function redactedValue(value: unknown): unknown {
  return typeof value === 'string' ? redact(value) : value;
}

/** As the language's own members of errors are: not enumerable. */
function define(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, writable: true, configurable: true, enumerable: false });
}
