import type { AttributeName } from './attributes.js';

/** One metric. Observable ones are read from counts that exist anyway, when somebody collects them. */
export interface InstrumentDefinition {
  /** By OpenTelemetry's naming rules; exporters for Prometheus make `crowdsec_bouncer_requests_total` of `crowdsec.bouncer.requests`. */
  readonly name: string;
  readonly kind: 'observable counter' | 'observable gauge' | 'observable updowncounter' | 'histogram';
  /** UCUM: `s`, `1`, or what is counted in braces. */
  readonly unit: string;
  readonly description: string;
  /** Beside `crowdsec.namespace`, which all have. */
  readonly attributes: readonly AttributeName[];
}

/** All metrics of an agent: instruments, documentation and tests are made of this table. */
export const INSTRUMENTS = [
  {
    name: 'crowdsec.bouncer.requests',
    kind: 'observable counter',
    unit: '{request}',
    description: 'Requests that this process has judged, each once its verdict is settled',
    attributes: ['crowdsec.verdict', 'crowdsec.origin', 'crowdsec.remediation'],
  },
  {
    name: 'crowdsec.bouncer.failures',
    kind: 'observable counter',
    unit: '{request}',
    description: 'Requests that could not be judged, because a remedy or another function of the application failed',
    attributes: [],
  },
  {
    name: 'crowdsec.decision.count',
    kind: 'observable updowncounter',
    unit: '{decision}',
    description: 'Decisions that are held, local ones included',
    attributes: ['crowdsec.origin', 'crowdsec.decision.type'],
  },
  {
    name: 'crowdsec.decision.age',
    kind: 'observable gauge',
    unit: 's',
    description: 'Time since the decisions were last pulled; absent before the first pull',
    attributes: ['crowdsec.source'],
  },
  {
    name: 'crowdsec.decision.refresh.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of pulls of decisions, their lists included',
    attributes: ['crowdsec.source', 'crowdsec.refresh.result', 'error.type'],
  },
  {
    name: 'crowdsec.decision.evictions',
    kind: 'observable counter',
    unit: '{decision}',
    description: 'Local decisions in force that made room for others',
    attributes: [],
  },
  {
    name: 'crowdsec.signal.count',
    kind: 'observable updowncounter',
    unit: '{signal}',
    description: 'Signals that wait to be sent',
    attributes: [],
  },
  {
    name: 'crowdsec.signal.sent',
    kind: 'observable counter',
    unit: '{signal}',
    description: 'Signals that the network took',
    attributes: [],
  },
  {
    name: 'crowdsec.signal.refused',
    kind: 'observable counter',
    unit: '{report}',
    description: 'Reports that were not taken, by reason',
    attributes: ['crowdsec.signal.refusal'],
  },
  {
    name: 'crowdsec.signal.merged',
    kind: 'observable counter',
    unit: '{report}',
    description: 'Reports that were added to a signal that waited',
    attributes: [],
  },
  {
    name: 'crowdsec.signal.evicted',
    kind: 'observable counter',
    unit: '{signal}',
    description: 'Whispers that made room when the buffer was full',
    attributes: [],
  },
  {
    name: 'crowdsec.signal.poisoned',
    kind: 'observable counter',
    unit: '{signal}',
    description: 'Signals that the network refused for what is in them',
    attributes: [],
  },
  {
    name: 'crowdsec.signal.discarded',
    kind: 'observable counter',
    unit: '{signal}',
    description: 'Signals that the local API took and did not keep',
    attributes: [],
  },
  {
    name: 'crowdsec.client.call.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of calls that leave, from the request to the headers of the answer',
    attributes: ['crowdsec.peer', 'http.request.method', 'url.template', 'http.response.status_code', 'error.type'],
  },
  {
    name: 'crowdsec.capi.login.remaining',
    kind: 'observable gauge',
    unit: '{login}',
    description: 'Logins at CAPI that the budget of this hour still allows, over all processes',
    attributes: [],
  },
  {
    name: 'crowdsec.store.up',
    kind: 'observable gauge',
    unit: '1',
    description: 'Whether the store answers: 1 or 0',
    attributes: [],
  },
  {
    name: 'crowdsec.store.writable',
    kind: 'observable gauge',
    unit: '1',
    description: 'Whether the store took what was last written: 1 or 0',
    attributes: [],
  },
  {
    name: 'crowdsec.captcha.events',
    kind: 'observable counter',
    unit: '{event}',
    description: 'What became of the built-in captcha: shown, solved, refused',
    attributes: ['crowdsec.captcha.event'],
  },
  {
    name: 'crowdsec.appsec.outcomes',
    kind: 'observable counter',
    unit: '{request}',
    description: 'What AppSec said about requests, or why it said nothing',
    attributes: ['crowdsec.appsec.outcome'],
  },
  {
    name: 'crowdsec.extension.detections',
    kind: 'observable counter',
    unit: '{detection}',
    description: 'What detectors found, by scenario and by what became of it',
    attributes: ['crowdsec.extension', 'crowdsec.scenario', 'crowdsec.detection.outcome'],
  },
  {
    name: 'crowdsec.extension.status',
    kind: 'observable updowncounter',
    unit: '1',
    description: 'The state of each extension: 1 for the one it is in, 0 for the others',
    attributes: ['crowdsec.extension', 'crowdsec.extension.state'],
  },
  {
    name: 'crowdsec.extension.failures',
    kind: 'observable counter',
    unit: '{failure}',
    description: 'Failures of extensions',
    attributes: ['crowdsec.extension'],
  },
  {
    name: 'crowdsec.extension.events.dropped',
    kind: 'observable counter',
    unit: '{event}',
    description: 'Events that no detector saw because too many waited',
    attributes: [],
  },
  {
    name: 'crowdsec.agent.problems',
    kind: 'observable gauge',
    unit: '{problem}',
    description: 'How many problems the health of the agent names; 0 when all is well',
    attributes: [],
  },
] as const satisfies readonly InstrumentDefinition[];

/** The name of a metric that is read when it is collected. */
export type ObservableName = Exclude<(typeof INSTRUMENTS)[number], { kind: 'histogram' }>['name'];

/** The name of a metric that is recorded as it happens. */
export type HistogramName = Extract<(typeof INSTRUMENTS)[number], { kind: 'histogram' }>['name'];
