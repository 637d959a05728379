import type { AddCommand } from '../command-group.js';
import { examples } from '../examples.js';

export const addCapi: AddCommand = (program, context) => {
  const capi = program.command('capi').description("the installation's standing with CrowdSec's Central API (CAPI)");

  examples(
    capi
      .command('register')
      .description('register this machine unless it is registered, and log it in unless a stored token still serves'),
    ['capi register'],
  ).action(async () => (await import('../capi/capi.js')).register(context));

  examples(
    capi
      .command('status')
      .description('tell the machine, its token and its budgets, as they are stored')
      .option('--check', 'log in if no stored token serves: spends one of the five logins an hour'),
    ['capi status', 'capi status --check'],
  ).action(async (flags: { readonly check?: true }) => (await import('../capi/capi.js')).status(context, flags));
};
