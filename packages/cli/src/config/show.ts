import { checkOptions } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';
import type { LoadedConfig } from './load-options.js';
import { masked } from './secrets.js';

/** `config show` */
export async function showConfig(context: CommandContext): Promise<void> {
  const config = await context.config();
  const options = masked(config.options) as Record<string, unknown>;
  const { file = null, variables } = config;
  await context.printer.print({
    data: { file, variables, options },
    tables: [
      {
        columns: ['Option', 'Value'],
        rows: Object.entries(options).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      },
    ],
    notes: [`From ${originOf(config)}.`],
  });
}

/** `config validate` */
export async function validateConfig(context: CommandContext): Promise<void> {
  const config = await context.config();
  await checkOptions(config.options);
  const { file = null, variables } = config;
  await context.printer.print({
    data: { valid: true, file, variables },
    tables: [],
    notes: [`The configuration is valid: ${originOf(config)}.`],
  });
}

function originOf({ file, variables }: LoadedConfig): string {
  const places = [...(file === undefined ? [] : [file]), ...(variables.length === 0 ? [] : [variables.join(', ')])];
  return places.join(' and ');
}
