import type { AddCommand } from '../command-group.js';
import { examples } from '../examples.js';
import type { DumpFlags } from '../support/dump.js';

export const addSupport: AddCommand = (program, context) => {
  const support = program.command('support').description('what others need who help');
  examples(
    support
      .command('dump')
      .description(
        'write a folder with the state of the installation: without secrets, and without addresses of visitors',
      )
      .option('-f, --out-file <folder>', 'the folder, which must not exist yet (default: crowdsec-sdk-support-<time>)'),
    ['support dump', 'support dump -f /tmp/crowdsec-support'],
  ).action(async (flags: DumpFlags) => (await import('../support/dump.js')).dumpSupport(context, flags));
};
