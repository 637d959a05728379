import { Option, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import type { AddCommand } from '../command-group.js';
import type { AddFlags } from '../decisions/add.js';
import type { DeleteFlags } from '../decisions/delete.js';
import type { ImportFlags } from '../decisions/import.js';
import type { ListFlags } from '../decisions/list.js';
import { examples } from '../examples.js';
import { count } from './arguments.js';

export const addDecisions: AddCommand = (program, context) => {
  const decisions = program
    .command('decisions')
    .description('the decisions that the installation holds: of the network, of lists, and its own');
  addReading(decisions, context);
  addWriting(decisions, context);
};

function addReading(decisions: Command, context: CommandContext): void {
  examples(
    decisions
      .command('list')
      .description('list decisions, those of this installation first')
      .option('-i, --ip <address>', 'those that hold this address')
      .option('-r, --range <cidr>', 'those that hold this whole range')
      .option('--contained', 'with --range: those that lie in the range')
      .option('--origin <name>', 'of this origin: CAPI, lists (any list), lists:<name>, crowdsec (its own)')
      .option('-t, --type <type>', 'of this type: ban, captcha')
      .option('--scope <scope>', 'of this scope: ip, range, country, as')
      .option('-v, --value <value>', 'about exactly this value')
      .option('-s, --scenario <name>', 'for this reason')
      .option('-l, --limit <number>', 'at most so many, 0 for all', count, 100)
      .option('-a, --all', 'accepted as cscli has it: decisions of the Central API are always listed'),
    ['decisions list --ip 203.0.113.7', 'decisions list --origin lists -l 0 -o raw'],
  ).action(async (flags: ListFlags) => (await import('../decisions/list.js')).listDecisions(context, flags));

  examples(
    decisions
      .command('check')
      .description('tell what would be done about addresses')
      .argument('<ip...>', 'addresses in any legal spelling, or - to read them from the standard input'),
    ['decisions check 203.0.113.7', 'decisions check - < addresses.txt'],
  ).action(async (ips: readonly string[]) => (await import('../decisions/check.js')).checkAddresses(context, ips));
}

function addWriting(decisions: Command, context: CommandContext): void {
  examples(
    decisions
      .command('add')
      .description('decide about an address or range; running processes act on it within 5 seconds')
      .option('-i, --ip <address>', 'about this address')
      .option('-r, --range <cidr>', 'about this range')
      .option('-d, --duration <duration>', 'for so long, as 30m or 24h', '4h')
      .option('-t, --type <type>', 'what is to be done', 'ban')
      .option('-R, --reason <text>', "why (default: manual '<type>' from <host>)"),
    ['decisions add --ip 203.0.113.7', 'decisions add --range 203.0.113.0/24 --duration 24h --type captcha'],
  ).action(async (flags: AddFlags) => (await import('../decisions/add.js')).addDecision(context, flags));

  examples(
    decisions
      .command('delete')
      .description('lift decisions of this installation; those of the network are not its own to lift')
      .option('-i, --ip <address>', 'that about exactly this address')
      .option('-r, --range <cidr>', 'that about exactly this range')
      .option('-t, --type <type>', 'those of this type')
      .option('-s, --scenario <name>', 'those for this reason')
      .option('--contained', 'with --range: those that lie in the range')
      .option('--all', 'all of them'),
    ['decisions delete --ip 203.0.113.7', 'decisions delete --all'],
  ).action(async (flags: DeleteFlags) => (await import('../decisions/delete.js')).deleteDecisions(context, flags));

  examples(
    decisions
      .command('import')
      .description('decide about all addresses and ranges of a file, in one write')
      .argument('[file]', 'the file, - for the standard input')
      .option('-i, --input <file>', 'the same as the argument, as cscli has it')
      .addOption(
        new Option('--format <format>', 'of the file (default: by its name)').choices(['values', 'csv', 'json']),
      )
      .option('-d, --duration <duration>', 'for so long, where the file says nothing', '4h')
      .option('-t, --type <type>', 'what is to be done, where the file says nothing', 'ban')
      .option('-R, --reason <text>', 'why, where the file says nothing', 'manual'),
    ['decisions import bans.csv', 'decisions import - --format values --duration 24h < addresses.txt'],
  ).action(async (file: string | undefined, flags: ImportFlags) =>
    (await import('../decisions/import.js')).importDecisions(context, file, flags),
  );

  examples(
    decisions
      .command('refresh')
      .description(
        'pull decisions: from the Central API if its budget allows (every two hours), from a local API unless a process follows it',
      ),
    ['decisions refresh'],
  ).action(async () => (await import('../decisions/refresh.js')).refreshDecisions(context));
}
