#!/usr/bin/env node
// Stands where the build does not: npm links to it, and makes it executable, before anything is built.
import { existsSync } from 'node:fs';
import { URL } from 'node:url';

const command = new URL('../dist/command/cli.js', import.meta.url);
if (!existsSync(command)) {
  // Only in a clone of the repository: the published package is built.
  const { buildOrExit } = await import('../../../tools/build.mjs');
  await buildOrExit({ what: 'the command', projects: ['@crowdsec-sdk/cli', '@crowdsec-sdk/sandbox'] });
}
await import(command.href);
