import type { ModuleRef } from '@nestjs/core';
import type { TimeoutRegistry } from './registry-scheduler.js';

/**
 * How to find the `SchedulerRegistry` of an application that imports `ScheduleModule`. The package is optional, so its class,
 * which is also the injection token, is imported only where it is installed; and other modules may not be ready yet while the
 * agent is created, so the search waits until the agent schedules something.
 */
export async function findSchedulerRegistry(moduleRef: ModuleRef): Promise<() => TimeoutRegistry | undefined> {
  const schedule = await import('@nestjs/schedule').catch(() => undefined);
  if (schedule === undefined) return () => undefined;
  return () => {
    try {
      return moduleRef.get(schedule.SchedulerRegistry, { strict: false });
    } catch {
      return undefined;
    }
  };
}
