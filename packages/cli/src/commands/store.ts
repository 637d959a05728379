import { Option } from 'commander';
import type { AddCommand } from '../command-group.js';
import { examples } from '../examples.js';
import { CLEARABLE, type ClearFlags } from '../store/clear.js';

export const addStore: AddCommand = (program, context) => {
  const store = program.command('store').description('what the installation has stored');
  examples(
    store
      .command('clear')
      .description('forget a part of it; the machine and what is spent of its budgets are kept')
      .addOption(new Option('--what <part...>', 'which').choices(Object.keys(CLEARABLE)).makeOptionMandatory())
      .option('-y, --yes', 'do not ask'),
    ['store clear --what decisions --yes', 'store clear --what local-decisions signals --yes'],
  ).action(async (flags: ClearFlags) => (await import('../store/clear-parts.js')).clearStore(context, flags));
};
