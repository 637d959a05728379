import { timerScheduler, type Scheduler } from '@crowdsec-sdk/core';

/** What this needs of the `SchedulerRegistry`; our types must compile where `@nestjs/schedule` is not installed. */
export interface TimeoutRegistry {
  doesExist(type: 'timeout', name: string): boolean;
  getTimeout(name: string): unknown;
  addTimeout(name: string, timer: NodeJS.Timeout): void;
  deleteTimeout(name: string): void;
}

/**
 * Shows each job that waits as a timeout of `@nestjs/schedule`, under its name (`crowdsec:refresh`, `crowdsec:signals`), until
 * it runs or is called off. Plain timers do without a registry, for a second job of a name that waits, and for longer delays
 * than a timer of Node holds (24 days).
 */
export class RegistryScheduler implements Scheduler {
  readonly #findRegistry: () => TimeoutRegistry | undefined;
  readonly #registered = new Set<RegisteredJob>();
  #closing = false;

  constructor(findRegistry: () => TimeoutRegistry | undefined) {
    this.#findRegistry = findRegistry;
  }

  schedule(name: string, delayMs: number, run: () => void | Promise<void>): Disposable {
    const registry = this.#closing || delayMs > MAX_TIMER_MS ? undefined : this.#findRegistry();
    if (registry === undefined || registry.doesExist('timeout', name))
      return timerScheduler.schedule(name, delayMs, run);
    const job = new RegisteredJob(registry, name, delayMs, run, () => this.#registered.delete(job));
    this.#registered.add(job);
    return job;
  }

  /**
   * Takes every job out of the registry and onto plain timers. `ScheduleModule` clears the whole registry when the application
   * closes, and the agent may still wait for something then: for a lease, or for the moment of its last flush.
   */
  withdraw(): void {
    this.#closing = true;
    for (const job of [...this.#registered]) job.continueUnregistered();
  }
}

class RegisteredJob implements Disposable {
  readonly #registry: TimeoutRegistry;
  readonly #name: string;
  readonly #dueAt: number;
  readonly #run: () => void | Promise<void>;
  readonly #onUnregistered: () => void;
  readonly #timer: NodeJS.Timeout;
  #unregisteredTimer: Disposable | undefined;

  constructor(
    registry: TimeoutRegistry,
    name: string,
    delayMs: number,
    run: () => void | Promise<void>,
    onUnregistered: () => void,
  ) {
    this.#registry = registry;
    this.#name = name;
    this.#dueAt = performance.now() + delayMs;
    this.#run = run;
    this.#onUnregistered = onUnregistered;
    this.#timer = setTimeout(() => {
      this.#cancelRegistered();
      void run();
    }, delayMs).unref();
    registry.addTimeout(name, this.#timer);
  }

  continueUnregistered(): void {
    this.#cancelRegistered();
    this.#unregisteredTimer = timerScheduler.schedule(
      this.#name,
      Math.max(0, this.#dueAt - performance.now()),
      this.#run,
    );
  }

  [Symbol.dispose](): void {
    this.#cancelRegistered();
    this.#unregisteredTimer?.[Symbol.dispose]();
  }

  #cancelRegistered(): void {
    clearTimeout(this.#timer);
    // Somebody may have deleted it through the registry, and the name may by now be another job's.
    const isStillRegistered =
      this.#registry.doesExist('timeout', this.#name) && this.#registry.getTimeout(this.#name) === this.#timer;
    if (isStillRegistered) this.#registry.deleteTimeout(this.#name);
    this.#onUnregistered();
  }
}

/** The longest delay that Node's timers hold. */
const MAX_TIMER_MS = 2 ** 31 - 1;
