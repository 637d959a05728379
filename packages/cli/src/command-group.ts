import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';

/**
 * Adds a command with its subcommands.
 *
 * @param isAsked the command is to run; else it is only for the help
 */
export type AddCommand = (program: Command, context: CommandContext, isAsked: boolean) => void | Promise<void>;

export interface CommandGroup {
  readonly names: readonly string[];
  readonly load: () => Promise<AddCommand>;
}
