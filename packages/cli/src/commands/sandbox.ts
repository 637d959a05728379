import type { Command } from 'commander';
import type { AddCommand } from '../command-group.js';
import { CommandError } from '../failure.js';

const PACKAGE = '@crowdsec-sdk/sandbox';

export const addSandbox: AddCommand = async (program, _context, isAsked) => {
  // The whole of it takes a while to load, and its package is optional.
  const command = isAsked ? await loadCommand() : undefined;
  if (command !== undefined) {
    const silent = { outputError: () => undefined };
    program.addCommand(command.name('sandbox').exitOverride().configureOutput(silent));
    return;
  }
  program
    .command('sandbox')
    .description('run a stand-in for the Central API, and for a local API, on this machine')
    .action(() => {
      throw new CommandError(`This needs the package ${PACKAGE}: npm install ${PACKAGE}`);
    });
};

async function loadCommand(): Promise<Command | undefined> {
  try {
    const { createCommand } = await import('@crowdsec-sdk/sandbox/command');
    return createCommand();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
