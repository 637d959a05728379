import { SDK_VERSION } from '@crowdsec-sdk/core/installation';
import type { AddCommand } from '../command-group.js';

export const addVersion: AddCommand = (program, context) => {
  program
    .command('version')
    .description('the versions of this command, of Node and of the system')
    .action(() => {
      const data = { version: SDK_VERSION, node: process.version, platform: `${process.platform}/${process.arch}` };
      const tables = [{ columns: ['Name', 'Version'], rows: Object.entries(data) }];
      return context.printer.print({ data, tables });
    });
};
