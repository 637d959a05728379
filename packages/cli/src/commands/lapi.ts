import type { AddCommand } from '../command-group.js';
import { examples } from '../examples.js';

export const addLapi: AddCommand = (program, context) => {
  const lapi = program.command('lapi').description("the local API (LAPI) of an engine of one's own");
  examples(
    lapi
      .command('status')
      .description('try the local API with the key, or certificate, and the machine of the configuration'),
    ['lapi status'],
  ).action(async () => (await import('../lapi/status.js')).lapiStatus(context));
};
