import {
  metrics,
  type BatchObservableResult,
  type Meter,
  type MeterProvider,
  type Observable,
} from '@opentelemetry/api';
import type { Scheduler } from '../scheduler.js';
import { SDK_VERSION } from '../version.js';
import { INSTRUMENTS } from './instruments.js';
import type { MetricFacts } from './metric-facts.js';
import { type Observation, observations } from './observations.js';

/** The name under which meters and tracers of the SDK are known. */
export const INSTRUMENTATION_SCOPE = '@crowdsec-sdk/core';

/**
 * The gaps, in ms, between looks for an SDK that the application sets after the agent has started, or in place of another: applications set
 * it when they start, so each gap is twice the one before.
 */
const FIRST_GAP_MS = 1_000;
const MAX_GAP_MS = 10 * 60_000;

/**
 * The observable metrics of an agent, registered with the OpenTelemetry SDK of the application. Where there is none, nothing is ever
 * collected. The API tells nobody when an SDK is set, and hands out instruments that do nothing until then, so it is asked now and then.
 */
export class AgentMetrics {
  readonly #read: () => MetricFacts;
  readonly #scheduler: Scheduler;
  /** What each series was last observed as. */
  readonly #last = new Map<string, Observation>();
  #isRunning = false;
  #job: Disposable | undefined;
  #provider: MeterProvider | undefined;
  #unregister: (() => void) | undefined;

  /** @param read what is collected; called by the SDK alone */
  constructor(read: () => MetricFacts, scheduler: Scheduler) {
    this.#read = read;
    this.#scheduler = scheduler;
  }

  /** Registers with the meter provider that the application has set by now, or sets within the next time. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#registerRepeatedly(FIRST_GAP_MS);
  }

  stop(): void {
    this.#isRunning = false;
    this.#job?.[Symbol.dispose]();
    this.#unregister?.();
    this.#unregister = undefined;
  }

  /** Registers with the meter provider of the application, if that is another one than before. */
  register(): void {
    const provider = metrics.getMeterProvider();
    if (!this.#isRunning || provider === this.#provider) return;
    this.#unregister?.();
    this.#last.clear();
    this.#provider = provider;
    const meter = provider.getMeter(INSTRUMENTATION_SCOPE, SDK_VERSION);
    const observables = observablesOf(meter);
    const instruments = [...observables.values()];
    const observe = (result: BatchObservableResult): void => this.#observe(result, observables);
    meter.addBatchObservableCallback(observe, instruments);
    this.#unregister = () => meter.removeBatchObservableCallback(observe, instruments);
  }

  #registerRepeatedly(gapMs: number): void {
    this.register();
    const next = (): void => this.#registerRepeatedly(Math.min(2 * gapMs, MAX_GAP_MS));
    this.#job = this.#scheduler.schedule('crowdsec:meter-provider', gapMs, next);
  }

  #observe(result: BatchObservableResult, observables: ReadonlyMap<string, Observable>): void {
    const facts = this.#read();
    const now = new Map([...observations(facts)].map((observation) => [seriesOf(observation), observation]));
    // SDKs go on telling the last value of a series that is observed no more.
    for (const [series, last] of this.#last)
      if (!now.has(series) && COUNTS.has(last.name)) now.set(series, { ...last, value: 0 });
    for (const [series, observation] of now) {
      const { name, value, attributes } = observation;
      this.#last.set(series, observation);
      result.observe(observables.get(name)!, value, { 'crowdsec.namespace': facts.namespace, ...attributes });
    }
  }
}

function seriesOf({ name, attributes }: Observation): string {
  return JSON.stringify([name, attributes]);
}

const COUNTS: ReadonlySet<string> = new Set(
  INSTRUMENTS.filter(({ kind }) => kind === 'observable updowncounter').map(({ name }) => name),
);

function observablesOf(meter: Meter): ReadonlyMap<string, Observable> {
  const observables = new Map<string, Observable>();
  for (const { name, kind, unit, description } of INSTRUMENTS) {
    const options = { unit, description };
    if (kind === 'observable counter') observables.set(name, meter.createObservableCounter(name, options));
    else if (kind === 'observable gauge') observables.set(name, meter.createObservableGauge(name, options));
    else if (kind === 'observable updowncounter') {
      observables.set(name, meter.createObservableUpDownCounter(name, options));
    }
  }
  return observables;
}
