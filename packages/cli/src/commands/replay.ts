import type { AddCommand } from '../command-group.js';
import { examples } from '../examples.js';
import type { ReplayFlags } from '../replay/command.js';
import { count } from './arguments.js';

export const addReplay: AddCommand = (program, context) => {
  examples(
    program
      .command('replay')
      .description(
        'show an access log to the bundled scenarios, and tell what they would have reported; nothing is sent',
      )
      .argument('<log...>', 'logs in the common or combined format, .gz too, in the order of their days')
      .option('--login-path <path...>', 'where this site logs people in', ['/login', '/wp-login.php'])
      .option('--top <number>', 'how many of the clients to name', count, 10),
    ['replay access.log', 'replay access.log.2.gz access.log.1 --login-path /signin --json'],
  ).action(async (logs: readonly string[], flags: ReplayFlags) =>
    (await import('../replay/command.js')).replayLogs(context, logs, flags),
  );
};
