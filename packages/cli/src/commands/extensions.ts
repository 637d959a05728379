import type { AddCommand } from '../command-group.js';
import { examples } from '../examples.js';

export const addExtensions: AddCommand = (program, context) => {
  const extensions = program.command('extensions').description('the extensions that the configuration names');
  examples(extensions.command('list').description('list them, with what each contributes'), ['extensions list']).action(
    async () => (await import('../extensions/list.js')).listExtensions(context),
  );
};
