import { messageOf } from '../errors.js';
import type { LogData, Logger, LogLevel } from '../logger.js';
import { redact } from '../redaction/redaction.js';
import { redactedData } from './redacted-data.js';

type Level = Exclude<LogLevel, 'silent'>;

/**
 * A logger of the application as the agent uses it: lines are redacted, and what it throws, or rejects with, ends here.
 *
 * @param onFailure is told of it each time
 */
export function containedLogger(logger: Logger, onFailure: (message: string) => void): Logger {
  const at = (level: Level) => (message: string, data?: LogData) => {
    const failed = (error: unknown): void =>
      onFailure(`The logger failed at the level ${level}, so lines are lost: ${messageOf(error)}`);
    settle(() => write(logger, level, redact(message), data), failed);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function write(logger: Logger, level: Level, message: string, data: LogData | undefined): unknown {
  if (data === undefined) return logger[level](message);
  const safe = redactedData(data);
  if (takesDataFirst(logger)) return (logger as unknown as DataFirst)[level](safe, message);
  return logger[level](message, safe);
}

/** A logger of the shape of pino or bunyan. */
type DataFirst = Record<Level, (data: LogData, message: string) => unknown>;

function takesDataFirst(logger: object): boolean {
  const { child, bindings, fields } = logger as Readonly<Record<'child' | 'bindings' | 'fields', unknown>>;
  return typeof child === 'function' && (typeof bindings === 'function' || typeof fields === 'object');
}

/** Runs code of the application, which may be asynchronous although its type says otherwise; `failed` gets what it threw or rejected with. */
export function settle(run: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = run();
    if (isThenable(result)) result.then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
