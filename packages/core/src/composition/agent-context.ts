import { setMaxListeners } from 'node:events';
import { systemClock, type Clock } from '../clock.js';
import { Emitter } from '../emitter.js';
import type { CrowdsecEvents } from '../events.js';
import { ContainedClock } from '../injected/contained-clock.js';
import { containedLogger } from '../injected/contained-logger.js';
import { ContainedScheduler } from '../injected/contained-scheduler.js';
import { Faults } from '../injected/faults.js';
import { AwaitedPromises } from '../keep-process-alive.js';
import { consoleLogger, type Logger } from '../logger.js';
import type { ParsedOptions } from '../options.js';
import { timerScheduler, type Scheduler } from '../scheduler.js';
import type { MeasurePull } from '../measure-pull.js';
import { Histograms } from '../telemetry/histograms.js';
import { measuredPull } from '../telemetry/measured-pull.js';

/** What every part of an agent is handed: the checked options, and the injected time, jobs, log and events. */
export interface AgentContext {
  readonly options: ParsedOptions;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly events: Emitter<CrowdsecEvents>;
  /** What is wrong with the clock, the scheduler and the logger that were injected. */
  readonly faults: Faults;
  /** Aborted when the agent stops and its calls have had their time: they are broken off, and no other leaves. */
  readonly calls: AbortController;
  /** Keeps the process alive for those who wait for what the agent has promised. */
  readonly promises: AwaitedPromises;
  /** Durations of calls and pulls, for the OpenTelemetry SDK of the application, if it has one. */
  readonly histograms: Histograms;
  /** Measures pulls of decisions by them. */
  readonly measurePull: MeasurePull;
}

/** The context of these options, with the defaults of what was not injected; what was is contained. */
export function createAgentContext(options: ParsedOptions): AgentContext {
  const faults = new Faults((message) => logger.error(message, { code: 'INJECTED_PART_FAILED' }));
  const logger = containedLogger(options.logger ?? consoleLogger(), (message) => {
    // The one place that is left to say it.
    if (faults.all.every(({ code }) => code !== 'LOGGER_FAILED')) console.error(`[crowdsec] ${message}`);
    faults.note('LOGGER_FAILED', message);
  });
  const clock = options.clock === undefined ? systemClock : new ContainedClock(options.clock, faults);
  const histograms = new Histograms(options.namespace ?? 'default');
  const calls = new AbortController();
  // One of each call that is on its way.
  setMaxListeners(0, calls.signal);
  return {
    options,
    clock,
    scheduler:
      options.scheduler === undefined ? timerScheduler : new ContainedScheduler(options.scheduler, clock, faults),
    logger,
    events: new Emitter<CrowdsecEvents>(logger),
    faults,
    calls,
    promises: new AwaitedPromises(),
    histograms,
    measurePull: measuredPull({ histograms, clock }),
  };
}
