import { metrics, type BatchObservableResult, type Meter, type Observable } from '@opentelemetry/api';
import { SDK_VERSION } from '../version.js';
import { type InstrumentDefinition, INSTRUMENTS } from './instruments.js';
import type { MetricFacts } from './metric-facts.js';
import { type Observation, observations } from './observations.js';

/** The name under which meters and tracers of the SDK are known. */
export const INSTRUMENTATION_SCOPE = '@crowdsec-sdk/core';

/**
 * The observable metrics of an agent, registered with the OpenTelemetry SDK of the application. Where there is none, nothing is ever
 * collected.
 */
export class AgentMetrics {
  readonly #read: () => MetricFacts;
  /** What each series was last observed as. */
  readonly #last = new Map<string, Observation>();
  #unregister: (() => void) | undefined;

  /** @param read what is collected; called by the SDK alone */
  constructor(read: () => MetricFacts) {
    this.#read = read;
  }

  /** Registers with the meter provider that the application has set by now. */
  start(): void {
    if (this.#unregister !== undefined) return;
    const meter = metrics.getMeter(INSTRUMENTATION_SCOPE, SDK_VERSION);
    const observables = observablesOf(meter);
    const instruments = [...observables.values()];
    const observe = (result: BatchObservableResult): void => this.#observe(result, observables);
    meter.addBatchObservableCallback(observe, instruments);
    this.#unregister = () => meter.removeBatchObservableCallback(observe, instruments);
  }

  stop(): void {
    this.#unregister?.();
    this.#unregister = undefined;
  }

  #observe(result: BatchObservableResult, observables: ReadonlyMap<string, Observable>): void {
    const facts = this.#read();
    const now = new Map([...observations(facts)].map((observation) => [seriesOf(observation), observation]));
    // SDKs go on telling the last value of a series that is observed no more.
    for (const [series, last] of this.#last)
      if (!now.has(series) && COUNTS.has(last.name)) now.set(series, { ...last, value: 0 });
    for (const [series, observation] of now) {
      const { name, attributes } = observation;
      // A request whose remedy is still at work counts as passed until it is settled; a counter must not go down for that.
      const least = COUNTERS.has(name) ? (this.#last.get(series)?.value ?? 0) : -Infinity;
      const value = Math.max(least, observation.value);
      this.#last.set(series, { ...observation, value });
      result.observe(observables.get(name)!, value, { 'crowdsec.namespace': facts.namespace, ...attributes });
    }
  }
}

function seriesOf({ name, attributes }: Observation): string {
  return JSON.stringify([name, attributes]);
}

const COUNTERS = namesOf('observable counter');
const COUNTS = namesOf('observable updowncounter');

function namesOf(kind: InstrumentDefinition['kind']): ReadonlySet<string> {
  return new Set(INSTRUMENTS.filter((instrument) => instrument.kind === kind).map(({ name }) => name));
}

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
