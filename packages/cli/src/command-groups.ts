import type { CommandGroup } from './command-group.js';

/** The commands, in the order of the help. Only the one that is asked for is loaded, unless the help is. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  { names: ['capi'], load: async () => (await import('./commands/capi.js')).addCapi },
  { names: ['lapi'], load: async () => (await import('./commands/lapi.js')).addLapi },
  { names: ['console'], load: async () => (await import('./commands/console.js')).addConsole },
  { names: ['decisions'], load: async () => (await import('./commands/decisions.js')).addDecisions },
  { names: ['explain'], load: async () => (await import('./commands/explain.js')).addExplain },
  { names: ['signals', 'alerts'], load: async () => (await import('./commands/signals.js')).addSignals },
  { names: ['metrics'], load: async () => (await import('./commands/metrics.js')).addMetrics },
  { names: ['extensions'], load: async () => (await import('./commands/extensions.js')).addExtensions },
  { names: ['config'], load: async () => (await import('./commands/config.js')).addConfig },
  { names: ['store'], load: async () => (await import('./commands/store.js')).addStore },
  { names: ['support'], load: async () => (await import('./commands/support.js')).addSupport },
  { names: ['replay'], load: async () => (await import('./commands/replay.js')).addReplay },
  { names: ['sandbox'], load: async () => (await import('./commands/sandbox.js')).addSandbox },
  { names: ['completion'], load: async () => (await import('./commands/completion.js')).addCompletion },
  { names: ['version'], load: async () => (await import('./commands/version.js')).addVersion },
];
