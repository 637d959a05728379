import { isCrowdsecError, messageOf } from '../errors.js';
import type { LogData } from '../logger.js';
import { redact } from '../redaction/redaction.js';

const MAX_DEPTH = 3;

/** The data of a line as it may be shown: plain values, texts redacted, errors by name, code and message. */
export function redactedData(data: LogData): LogData {
  const entries = Object.entries(data).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(entries.map(([key, value]) => [key, plain(value, 0)])), code: data.code };
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? 'a function' : value;
  if (value instanceof Error) return plainError(value);
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.map((each) => plain(each, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each, depth + 1)]));
}

function plainError(error: Error): unknown {
  const { status, nextAt } = isCrowdsecError(error) ? error : {};
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    name: error.name,
    ...(code !== undefined && { code }),
    message: messageOf(error),
    ...(status !== undefined && { status }),
    ...(nextAt !== undefined && { nextAt }),
  };
}
