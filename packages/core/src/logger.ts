/** What a line is about, for machines: plain values without secrets. */
export type LogData = Readonly<Record<string, unknown>> & {
  /** The same for all lines of its kind: `STARTED`, `SIGNALS_DEFERRED`. */
  readonly code: string;
};

/**
 * What the SDK logs to. `console`, pino, bunyan and winston fit as they are, Nest's logger with a line of glue.
 *
 * A logger of the shape of pino (`child()` and `bindings()`, or `fields` as bunyan has them) gets data and message in its own order:
 * `info(data, message)`. A logger that takes the message alone need not take the data.
 */
export interface Logger {
  debug(message: string, data?: LogData): void;
  info(message: string, data?: LogData): void;
  warn(message: string, data?: LogData): void;
  error(message: string, data?: LogData): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** Logs to the console from `level` on, each line marked `[crowdsec]`. */
export function consoleLogger(level: LogLevel = 'info'): Logger {
  const from = LEVELS.indexOf(level);
  const at = (rank: number, write: (line: string) => void) => (message: string) => {
    if (rank >= from) write(`[crowdsec] ${message}`);
  };
  return {
    debug: at(0, (line) => console.debug(line)),
    info: at(1, (line) => console.info(line)),
    warn: at(2, (line) => console.warn(line)),
    error: at(3, (line) => console.error(line)),
  };
}

/** Logs nothing. */
export const silentLogger: Logger = consoleLogger('silent');
