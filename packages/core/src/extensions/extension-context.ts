import * as z from 'zod';
import type { Clock } from '../clock.js';
import { CrowdsecError, messageOf } from '../errors.js';
import type { LogData, Logger } from '../logger.js';
import type { Scheduler } from '../scheduler.js';
import type { Receipt, Report, Whisper } from '../signals/report.js';
import type { Store, StoreKey } from '../store/store.js';
import { validate } from '../validate.js';
import type { Actions } from './outcome-executor.js';
import { containListeners } from './contain-listeners.js';
import type { ExtensionContext, ExtensionStore } from './extension.js';
import type { HostedExtension } from './hosted-extension.js';
import { sharedBuckets } from './shared-buckets.js';

/** What the context of an extension is made of. */
export interface ContextParts {
  readonly actions: Actions;
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** What an extension works with until the signal is aborted: then its timers end, and it acts no more. */
export function extensionContext(parts: ContextParts, hosted: HostedExtension, signal: AbortSignal): ExtensionContext {
  const { actions, store, clock } = parts;
  const { name, executor } = hosted;

  /** Runs what it asks for, unless it may not; that is a failure of its own. */
  const guarded = <T>(what: string, scenario: string, run: () => T): T => {
    if (signal.aborted) throw new CrowdsecError('CROWDSEC_STOPPED', `The extension ${name} is not active any more.`);
    try {
      executor.checkScenario(scenario, what);
      return run();
    } catch (error) {
      hosted.failed(what, error);
      throw error;
    }
  };
  const tell = (what: string, facts: Report | Whisper, run: () => Receipt): Receipt =>
    guarded(what, facts.scenario, () =>
      executor.suppression(addressOf(facts), facts.scenario, what === 'whisper' ? 'whisper' : 'decision') === 'capped'
        ? CAPPED
        : run(),
    );

  return {
    logger: named(parts.logger, name),
    store: extensionStore(store, hosted),
    clock,
    scheduler: ending(parts.scheduler, hosted, signal),
    signal: containListeners(signal, (error) =>
      parts.logger.warn(`A listener of the signal of the extension ${name} failed: ${messageOf(error)}`, {
        code: 'LISTENER_FAILED',
        extension: name,
        error,
      }),
    ),
    sharedBuckets: (options) => sharedBuckets(parts.store, name, options, parts.scheduler),
    report: (report) => tell('report', report, () => actions.report(report)),
    whisper: (whisper) => tell('whisper', whisper, () => actions.whisper(whisper)),
    decide: (decision) =>
      guarded('decide', decision.scenario, () =>
        executor.suppression(addressOf(decision), decision.scenario, 'decision') === undefined
          ? actions.decide(decision)
          : undefined,
      ),
  };
}

function addressOf({ ip, range }: { readonly ip?: string | undefined; readonly range?: string | undefined }): string {
  return ip ?? range ?? '';
}

const CAPPED: Receipt = { status: 'refused', reason: 'capped', stored: Promise.resolve() };

function named(logger: Logger, name: string): Logger {
  const line = (message: string): string => `${name}: ${message}`;
  const withExtension = (data: LogData | undefined): LogData => ({ code: 'EXTENSION_LOG', ...data, extension: name });
  return {
    debug: (message, data) => logger.debug(line(message), withExtension(data)),
    info: (message, data) => logger.info(line(message), withExtension(data)),
    warn: (message, data) => logger.warn(line(message), withExtension(data)),
    error: (message, data) => logger.error(line(message), withExtension(data)),
  };
}

/** A scheduler whose jobs are cancelled, and whose later ones never run, once the signal is aborted. */
function ending(scheduler: Scheduler, hosted: HostedExtension, signal: AbortSignal): Scheduler {
  const jobs = new Set<Disposable>();
  signal.addEventListener('abort', () => {
    for (const job of jobs) job[Symbol.dispose]();
    jobs.clear();
  });
  return {
    schedule(name, delayMs, run) {
      const job = scheduler.schedule(`crowdsec:extension:${hosted.name}:${name}`, delayMs, async () => {
        jobs.delete(job);
        try {
          if (!signal.aborted) await run();
        } catch (error) {
          hosted.failed(`timer ${name}`, error);
        }
      });
      jobs.add(job);
      return {
        [Symbol.dispose]: () => {
          jobs.delete(job);
          job[Symbol.dispose]();
        },
      };
    },
  };
}

const keySchema = z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be [a-z0-9-], at most 64 characters');

function extensionStore(store: Store, hosted: HostedExtension): ExtensionStore {
  const full = (key: string): StoreKey => {
    try {
      return `extension:${hosted.name}:${validate(keySchema, key, 'key')}`;
    } catch (error) {
      hosted.failed('store', error);
      throw error;
    }
  };
  return {
    get: (key) => handled(async () => store.get(full(key))),
    put: (key, value) => handled(async () => store.put(full(key), value)),
    delete: (key) => handled(async () => store.delete(full(key))),
  };
}

/** A promise that ends no process when it rejects and its extension does not wait for it. */
function handled<T>(work: () => Promise<T>): Promise<T> {
  const promise = work();
  promise.catch(() => undefined);
  return promise;
}
