import { ModulesContainer, type ModuleRef } from '@nestjs/core';
import type { TimeoutRegistry } from './registry-scheduler.js';

/**
 * How to find the `SchedulerRegistry` of an application that imports `ScheduleModule`: by the name of its class. To import the class, which
 * is its injection token, would have bundlers look for a package that is optional. Other modules may not be ready yet while the agent is
 * created, so the search waits until the agent schedules something.
 */
export function findSchedulerRegistry(moduleRef: ModuleRef): () => TimeoutRegistry | undefined {
  let found: TimeoutRegistry | undefined;
  return () => (found ??= search(moduleRef.get(ModulesContainer, { strict: false })));
}

function search(modules: ModulesContainer): TimeoutRegistry | undefined {
  for (const { providers } of modules.values())
    for (const [token, { instance }] of providers)
      if (typeof token === 'function' && token.name === 'SchedulerRegistry' && isRegistry(instance)) return instance;
  return undefined;
}

function isRegistry(instance: unknown): instance is TimeoutRegistry {
  return typeof instance === 'object' && instance !== null && 'addTimeout' in instance && 'doesExist' in instance;
}
