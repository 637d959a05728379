import { Argument } from 'commander';
import type { AddCommand } from '../command-group.js';
import { examples } from '../examples.js';
import type { Shell } from '../completion/scripts.js';

export const addCompletion: AddCommand = (program, context) => {
  examples(
    program
      .command('completion')
      .description('print a script that completes this command in a shell')
      .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish'])),
    [
      'completion bash > /etc/bash_completion.d/crowdsec-sdk',
      'completion zsh > "${fpath[1]}/_crowdsec-sdk"',
      'completion fish > ~/.config/fish/completions/crowdsec-sdk.fish',
    ],
  ).action(async (shell: Shell) => (await import('../completion/completion.js')).printCompletion(context, shell));
};
