import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { SCRIPTS, type CompletedCommand, type Shell } from './scripts.js';

/** `completion` */
export async function printCompletion(context: CommandContext, shell: Shell): Promise<void> {
  const program = await context.allCommands();
  await context.printer.write(SCRIPTS[shell](wordsOf(program, program, [])));
}

/** The commands and flags below a command, itself included. */
function wordsOf(command: Command, program: Command, path: readonly string[]): readonly CompletedCommand[] {
  const own = command.options.flatMap(({ long, description }) => (long == null ? [] : [{ word: long, description }]));
  const shared =
    command === program
      ? []
      : program.options.flatMap(({ long, description }) => (long == null ? [] : [{ word: long, description }]));
  const subcommands = command.commands.flatMap((inner) =>
    namesOf(inner).map((word) => ({ word, description: inner.description() })),
  );
  const choices = command.registeredArguments
    .flatMap(({ argChoices = [] }) => argChoices)
    .map((word) => ({ word, description: '' }));
  const flags = [...own, ...shared, { word: '--help', description: 'display help for command' }];
  return [
    { path, words: [...subcommands, ...choices], flags },
    ...command.commands.flatMap((inner) => namesOf(inner).flatMap((name) => wordsOf(inner, program, [...path, name]))),
  ];
}

function namesOf(command: Command): readonly string[] {
  return [command.name(), ...command.aliases()];
}
