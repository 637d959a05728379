import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';

/** Adds a command with its subcommands. */
export type AddCommand = (program: Command, context: CommandContext) => void;

export interface CommandGroup {
  readonly names: readonly string[];
  readonly load: () => Promise<AddCommand>;
}

/** The commands, in the order of the help. Only the one that is asked for is loaded, unless the help is. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  { names: ['capi'], load: async () => (await import('./commands/capi.js')).addCapi },
  { names: ['console'], load: async () => (await import('./commands/console.js')).addConsole },
  { names: ['decisions'], load: async () => (await import('./commands/decisions.js')).addDecisions },
  { names: ['explain'], load: async () => (await import('./commands/explain.js')).addExplain },
  { names: ['signals', 'alerts'], load: async () => (await import('./commands/signals.js')).addSignals },
  { names: ['metrics'], load: async () => (await import('./commands/metrics.js')).addMetrics },
  { names: ['extensions'], load: async () => (await import('./commands/extensions.js')).addExtensions },
  { names: ['config'], load: async () => (await import('./commands/config.js')).addConfig },
  { names: ['version'], load: async () => (await import('./commands/version.js')).addVersion },
];
