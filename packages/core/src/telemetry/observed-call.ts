import { SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import { SDK_VERSION } from '../version.js';
import { INSTRUMENTATION_SCOPE } from './agent-metrics.js';
import type { MetricAttributes } from './attributes.js';
import { errorType } from './error-type.js';
import type { Histograms } from './histograms.js';

/** What measures calls that leave. */
export interface CallObserver {
  readonly histograms: Histograms;
  readonly clock: Clock;
}

/** A call that leaves. */
export interface ObservedCall {
  /** Of the span. */
  readonly name: string;
  readonly attributes: MetricAttributes;
  /** Of the span alone. */
  readonly spanAttributes?: Attributes;
}

/** Makes one client span and one measurement of a call. @param outcomeOf what an answer adds; `error.type` says that it is a failure */
export function observeCall<T>(
  { histograms, clock }: CallObserver,
  { name, attributes, spanAttributes }: ObservedCall,
  run: () => Promise<T>,
  outcomeOf: (answer: T) => MetricAttributes,
): Promise<T> {
  const from = clock.monotonic();
  const tracer = trace.getTracer(INSTRUMENTATION_SCOPE, SDK_VERSION);
  const options = { kind: SpanKind.CLIENT, attributes: { ...attributes, ...spanAttributes } };
  return tracer.startActiveSpan(name, options, async (span) => {
    const done = (outcome: MetricAttributes, message?: string): void => {
      if (outcome['error.type'] !== undefined) {
        span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
      }
      span.setAttributes(outcome);
      span.end();
      histograms.record('crowdsec.client.call.duration', clock.monotonic() - from, { ...attributes, ...outcome });
    };
    try {
      const answer = await run();
      done(outcomeOf(answer));
      return answer;
    } catch (error) {
      done({ 'error.type': errorType(error) }, messageOf(error));
      throw error;
    }
  });
}
