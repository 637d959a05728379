import { isCrowdsecError, messageOf } from '@crowdsec-sdk/core/installation';
import { ConfigError } from './config/config-error.js';

/** How a command ends. */
export const EXIT = {
  /** It did what it was asked for. */
  done: 0,
  /** It could not: the network or the store said no, or there was nothing of the kind. */
  failed: 1,
  /** It was asked wrongly: an unknown command, a wrong flag or option, a missing configuration, a store of a newer version. */
  usage: 2,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** What a command says no with; its message is one line that says what to do. */
export class CommandError extends Error {
  readonly exitCode: number;
  readonly code: string;

  constructor(
    message: string,
    { exitCode = EXIT.failed, code = 'CROWDSEC_COMMAND_FAILED' }: { exitCode?: number; code?: string } = {},
  ) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
    this.code = code;
  }
}

/** Of a command that was given wrong arguments. */
export function usageError(message: string): CommandError {
  return new CommandError(message, { exitCode: EXIT.usage, code: 'CROWDSEC_USAGE' });
}

/** What to do about an error whose message does not say it. */
const ADVICE: Readonly<Record<string, string>> = {
  CROWDSEC_STORE_UNAVAILABLE: 'Check that the store is up and that this user may use it.',
  CROWDSEC_API_UNREACHABLE: 'Check the network, HTTPS_PROXY and the API root.',
  CROWDSEC_LEASE_BUSY: 'Try again in some seconds.',
};

/** `npx` runs a command that is not installed from a folder of its own, where it finds nothing of the application's. */
const INSTALL_ADVICE =
  'This command finds the packages that are installed beside it alone: where the application has the package, install the command there too (npm install --save-dev @crowdsec-sdk/cli).';

const USAGE_CODES: ReadonlySet<string> = new Set([
  'CROWDSEC_OPTION_INVALID',
  'CROWDSEC_SCENARIO_UNDECLARED',
  'CROWDSEC_STORE_NEWER',
]);

/** An error as the command tells it: one line with code and advice, without secrets, and the exit code. */
export function failureOf(error: unknown): { readonly line: string; readonly exitCode: number } {
  const message = messageOf(error);
  if (error instanceof CommandError) return { line: `${error.code}: ${message}`, exitCode: error.exitCode };
  if (error instanceof ConfigError) return { line: `${error.code}: ${message}`, exitCode: EXIT.usage };
  if (!isCrowdsecError(error)) return { line: message, exitCode: EXIT.failed };
  const advice = ADVICE[error.code];
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  const line = [`${error.code}: ${sentence}`, advice ?? '', lacksPackage(error) ? INSTALL_ADVICE : '']
    .filter(Boolean)
    .join(' ');
  return { line, exitCode: USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.failed };
}

/** Whether it comes of a package that could not be imported. */
function lacksPackage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && /^(?:ERR_)?MODULE_NOT_FOUND$/.test(String(error.code))) || lacksPackage(error.cause);
}
