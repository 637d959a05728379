import type { AddCommand } from '../command-group.js';
import type { EnrollFlags } from '../capi/enroll.js';
import { examples } from '../examples.js';

export const addConsole: AddCommand = (program, context) => {
  const group = program.command('console').description('the CrowdSec console (https://app.crowdsec.net)');
  examples(
    group
      .command('enroll')
      .description('attach this machine to an account of the console; it is accepted there')
      .argument('<key>', 'the enrollment key, as the console shows it; - reads it from the standard input')
      .option('-n, --name <name>', "how the console names this machine (default: the host's name)")
      .option('-t, --tags <tag...>', 'tags, several or separated by commas')
      .option('--overwrite', 'attach it even if another account holds it'),
    ['console enroll KEY', 'console enroll KEY --name shop-1 --tags prod,eu --overwrite'],
  ).action(async (key: string, flags: EnrollFlags) => (await import('../capi/enroll.js')).enroll(context, key, flags));
};
