import { keepProcessAlive } from '@crowdsec-sdk/core/installation';
import { CommandContext } from './command-context.js';
import { EXIT, failureOf } from './failure.js';
import type { Io } from './io.js';
import { createProgram } from './program.js';

/**
 * Runs one command; resolves with its exit code. Never rejects: what goes wrong is one line on the standard error.
 *
 * @param args without the names of Node and of the script
 * @param signal ends the command: what it holds is given back
 */
export async function run(args: readonly string[], io: Io, signal?: AbortSignal): Promise<number> {
  const silent = { out: () => undefined, error: () => undefined };
  const context = new CommandContext(io, (context) => createProgram([], context, silent));
  const interrupted = whenAborted(signal);
  try {
    return await keepProcessAlive(Promise.race([runCommand(args, context), interrupted]));
  } catch (error) {
    const { line, exitCode } = failureOf(error);
    context.io.stderr.write(`crowdsec-sdk: ${line}\n`);
    return exitCode;
  } finally {
    await context.close().catch(() => undefined);
  }
}

async function runCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr } = context.io;
  const program = await createProgram(args, context, {
    out: (text) => stdout.write(text),
    error: (text) => stderr.write(text),
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    if (!isCommanderError(error)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    // The help of a command group that was called without a subcommand has been printed.
    if (error.code === 'commander.help') return EXIT.usage;
    stderr.write(`crowdsec-sdk: ${oneLine(error.message)}\n`);
    // A command itself has said that it could not.
    return error.code === 'commander.error' ? EXIT.failed : EXIT.usage;
  }
}

/** By its shape: the command of the sandbox comes with a commander of its own. */
function isCommanderError(error: unknown): error is Error & { readonly code: string; readonly exitCode: number } {
  return (
    error instanceof Error && 'exitCode' in error && 'code' in error && String(error.code).startsWith('commander.')
  );
}

function oneLine(message: string): string {
  const line = message.replace(/^error: /, '').replace(/\s*\n\s*/g, '. ');
  return /[.?!)]$/.test(line) ? line : `${line}.`;
}

async function whenAborted(signal: AbortSignal | undefined): Promise<number> {
  if (signal?.aborted !== true) {
    await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
  }
  return EXIT.interrupted;
}
