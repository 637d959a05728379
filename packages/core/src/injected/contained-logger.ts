import { messageOf } from '../errors.js';
import type { Logger, LogLevel } from '../logger.js';
import { redact } from '../redaction/redaction.js';

type Level = Exclude<LogLevel, 'silent'>;

/**
 * A logger of the application as the agent uses it: lines are redacted, and what it throws, or rejects with, ends here.
 *
 * @param onFailure is told of it each time
 */
export function containedLogger(logger: Logger, onFailure: (message: string) => void): Logger {
  const at = (level: Level) => (message: string) => {
    const failed = (error: unknown): void =>
      onFailure(`The logger failed at the level ${level}, so lines are lost: ${messageOf(error)}`);
    settle(() => logger[level](redact(message)), failed);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
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
