/** What the SDK logs to. `console`, pino and Nest's logger fit with at most a line of glue. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
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
