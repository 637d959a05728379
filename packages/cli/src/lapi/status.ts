import type { CommandContext } from '../command-context.js';
import { CommandError, EXIT } from '../failure.js';

/** `lapi status` */
export async function lapiStatus(context: CommandContext): Promise<void> {
  const network = await (await context.installation()).network();
  const found = await network.checkLapi();
  if (found === undefined) {
    throw new CommandError('The configuration names no local API: give `lapi: { url, apiKey }`.', {
      exitCode: EXIT.usage,
      code: 'CROWDSEC_OPTION_INVALID',
    });
  }
  const { url, isMachine } = found;
  const reports = isMachine ? 'as this machine, by alerts' : 'no: `lapi.machine` names none';
  await context.printer.print({
    data: { url, bouncer: 'ok', machine: isMachine ? 'ok' : null },
    tables: [
      {
        columns: ['Local API (LAPI)', ''],
        rows: [
          ['URL', url],
          ['Decisions', 'as this bouncer'],
          ['Reports', reports],
        ],
      },
    ],
    notes: ['You can successfully interact with Local API (LAPI)'],
  });
}
