import type { AddCommand } from '../command-group.js';
import type { ExplainFlags } from '../decisions/explain.js';
import { examples } from '../examples.js';

export const addExplain: AddCommand = (program, context) => {
  examples(
    program
      .command('explain')
      .description('tell every decision that holds an address, which one wins and why, and what comes of it')
      .argument('<ip>', 'an address in any legal spelling')
      .option('--allowlists', 'ask the local API which of its allowlists hold it; needs its machine'),
    ['explain 203.0.113.7', 'explain 2001:db8::1 --json', 'explain 203.0.113.7 --allowlists'],
  ).action(async (ip: string, flags: ExplainFlags) =>
    (await import('../decisions/explain.js')).explainAddress(context, ip, flags),
  );
};
