import { SDK_VERSION } from '@crowdsec-sdk/core/installation';
import { Command, Option } from 'commander';
import type { CommandContext, GlobalOptions } from './command-context.js';
import type { CommandGroup } from './command-group.js';
import { COMMAND_GROUPS } from './command-groups.js';
import { examples } from './examples.js';
import { OUTPUT_FORMATS } from './output/printer.js';

const NAME = 'crowdsec-sdk';

/**
 * The command, with the subcommands that these arguments ask for; with all of them where they ask for none that there is.
 *
 * @param write where the help goes
 */
export async function createProgram(
  args: readonly string[],
  context: CommandContext,
  write: { readonly out: (text: string) => void; readonly error: (text: string) => void },
): Promise<Command> {
  const program = new Command(NAME)
    .description('Operates an installation of the CrowdSec SDK, beside the application that runs it.')
    .option('-c, --config <file>', 'the configuration file (default: crowdsec.config.{ts,js,json,yaml}, here or above)')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(OUTPUT_FORMATS).default('human'))
    .option('--json', 'the same as -o json')
    .addOption(new Option('--color <when>', 'colours').choices(['yes', 'no', 'auto']).default('auto'))
    .version(SDK_VERSION.replace(/^v/, ''))
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({ writeOut: write.out, writeErr: write.error, outputError: () => undefined });
  examples(program, [
    'decisions list --origin crowdsec',
    'decisions check 203.0.113.7',
    'explain 203.0.113.7',
    'capi status --json',
  ]);
  program.hook('preAction', (_, action) => context.useGlobals(action.optsWithGlobals<GlobalOptions>()));
  const name = firstArgument(args);
  const asked = COMMAND_GROUPS.filter(({ names }) => name !== undefined && names.includes(name));
  await addGroups(program, context, asked);
  return program;
}

/** Adds these groups, or all of them where none was asked for. */
async function addGroups(program: Command, context: CommandContext, asked: readonly CommandGroup[]): Promise<void> {
  for (const { load } of asked.length > 0 ? asked : COMMAND_GROUPS) {
    const add = await load();
    await add(program, context, asked.length > 0);
  }
}

/** The first argument that is neither a flag nor the value of one of those that stand before a command. */
function firstArgument(args: readonly string[]): string | undefined {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith('-')) return arg;
    if (['-c', '--config', '-o', '--output', '--color'].includes(arg)) i++;
  }
  return undefined;
}
