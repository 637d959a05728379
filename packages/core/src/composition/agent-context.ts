import { systemClock, type Clock } from '../clock.js';
import { Emitter } from '../emitter.js';
import type { CrowdsecEvents } from '../events.js';
import { consoleLogger, type Logger } from '../logger.js';
import type { ParsedOptions } from '../options.js';
import { timerScheduler, type Scheduler } from '../scheduler.js';

/** What every part of an agent is handed: the checked options, and the injected time, jobs, log and events. */
export interface AgentContext {
  readonly options: ParsedOptions;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly events: Emitter<CrowdsecEvents>;
}

/** The context of these options, with the defaults of what was not injected. */
export function createAgentContext(options: ParsedOptions): AgentContext {
  const logger = options.logger ?? consoleLogger();
  return {
    options,
    clock: options.clock ?? systemClock,
    scheduler: options.scheduler ?? timerScheduler,
    logger,
    events: new Emitter<CrowdsecEvents>(logger),
  };
}
