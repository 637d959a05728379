import type { AddCommand } from '../command-group.js';
import { examples } from '../examples.js';
import type { ListSignalsFlags } from '../signals/list.js';
import type { PushFlags } from '../signals/push.js';
import type { QuarantineFlags } from '../signals/quarantine.js';
import { count } from './arguments.js';

export const addSignals: AddCommand = (program, context) => {
  const signals = program
    .command('signals')
    .alias('alerts')
    .description('the signals that wait to be sent to CrowdSec, and those that it refused');

  examples(
    signals
      .command('list')
      .description('list the signals that wait, oldest first')
      .option('-l, --limit <number>', 'at most so many, 0 for all', count, 50)
      .option('-i, --ip <address>', 'those about this address')
      .option('-s, --scenario <name>', 'those of this scenario'),
    ['signals list', 'alerts list -l 0 -o json'],
  ).action(async (flags: ListSignalsFlags) => (await import('../signals/list.js')).listSignals(context, flags));

  examples(
    signals
      .command('push')
      .description('send signals of a file, or one, at the pace of the network: 250 a call, 10 seconds apart')
      .argument('[file]', 'an array of reports as JSON, or one a line; - for the standard input')
      .option('-i, --ip <address>', 'without a file: about this address')
      .option('-s, --scenario <name>', 'without a file: of this scenario, which the configuration declares')
      .option('-t, --type <type>', 'without a file: what was done about it; a whisper without it')
      .option('-d, --duration <duration>', 'without a file: for how long', '4h')
      .option('-m, --message <text>', 'without a file: for people')
      .option('--dry-run', 'check all, send nothing'),
    ['signals push reports.json', 'signals push --ip 203.0.113.7 --scenario acme/login-bruteforce --type ban'],
  ).action(async (file: string | undefined, flags: PushFlags) =>
    (await import('../signals/push.js')).pushSignals(context, file, flags),
  );

  examples(
    signals
      .command('flush')
      .description('send what waits now, if a call may leave: 10 seconds after the last one')
      .option('--wait', 'wait for the next call, and go on until nothing waits'),
    ['signals flush', 'signals flush --wait'],
  ).action(async (flags: { readonly wait?: true }) => (await import('../signals/flush.js')).flush(context, flags));

  const quarantine = signals.command('quarantine').description('signals that the network refused for what is in them');
  examples(quarantine.command('list').description('list them, with what the network said'), [
    'signals quarantine list',
  ]).action(async () => (await import('../signals/quarantine.js')).listQuarantine(context));
  examples(
    quarantine
      .command('drop')
      .description('forget some of them')
      .argument('[uuid...]', 'which')
      .option('--all', 'all of them'),
    ['signals quarantine drop --all'],
  ).action(async (uuids: readonly string[], flags: QuarantineFlags) =>
    (await import('../signals/quarantine.js')).dropQuarantine(context, uuids, flags),
  );
  examples(quarantine.command('retry').description('put them back among those that wait: they are sent again'), [
    'signals quarantine retry',
  ]).action(async () => (await import('../signals/quarantine.js')).retryQuarantine(context));
};
