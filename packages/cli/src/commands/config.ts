import type { AddCommand } from '../command-group.js';
import { examples } from '../examples.js';

export const addConfig: AddCommand = (program, context) => {
  const config = program
    .command('config')
    .description('the configuration, as the application and this command read it');
  examples(config.command('show').description('print it, with secrets masked, and where it comes from'), [
    'config show',
    'config show --json',
  ]).action(async () => (await import('../config/show.js')).showConfig(context));
  examples(config.command('validate').description('check all of it as the application would at its start'), [
    'config validate',
    'config validate --config deploy/crowdsec.config.yaml',
  ]).action(async () => (await import('../config/show.js')).validateConfig(context));
};
