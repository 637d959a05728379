import type { StoredDecisions } from '@crowdsec-sdk/core/installation';
import type { CommandContext } from '../command-context.js';

/** Says that what is stored of the network can't be read, or was never pulled. */
export function warnOfDamage({ printer }: CommandContext, { damage, engine }: StoredDecisions): void {
  if (damage !== undefined)
    printer.note(`The stored decisions of the network can't be read: ${damage}. The next pull brings them anew.`);
  else if (!engine.isLoaded)
    printer.note('No decisions of the network were ever pulled: start the application, or run decisions refresh.');
}
