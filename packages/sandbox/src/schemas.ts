/**
 * What bodies must look like, as JSON schemas: the published contract, loosened where official clients are known to
 * send something else (null lists, absent decisions, free-text scenarios).
 */

const text = { type: 'string' } as const;
const texts = { type: ['array', 'null'], items: text } as const;

export const credentialsSchema = {
  type: 'object',
  required: ['machine_id', 'password'],
  properties: { machine_id: { type: 'string', pattern: '^[a-zA-Z0-9]+$' }, password: { type: 'string', minLength: 1 } },
} as const;

export const loginSchema = {
  ...credentialsSchema,
  properties: { ...credentialsSchema.properties, scenarios: texts },
} as const;

const enrollment = {
  name: text,
  tags: texts,
  overwrite: { type: 'boolean' },
  autoenroll: { type: 'boolean' },
} as const;

export const enrollSchema = {
  type: 'object',
  properties: enrollment,
  if: { required: ['autoenroll'], properties: { autoenroll: { const: true } } },
  // The console refuses both with an automatic enrollment, even when falsy.
  then: { properties: { attachment_key: false, overwrite: false } },
  else: { required: ['attachment_key'], properties: { attachment_key: { type: 'string', pattern: '^[a-zA-Z0-9]+$' } } },
} as const;

const decisionSchema = {
  type: 'object',
  required: ['duration', 'id', 'origin', 'scenario', 'scope', 'type', 'value'],
  properties: {
    duration: text,
    id: { type: 'integer' },
    origin: text,
    scenario: text,
    scope: text,
    type: text,
    value: text,
  },
} as const;

const signalSchema = {
  type: 'object',
  required: ['message', 'scenario', 'scenario_hash', 'scenario_version', 'source', 'start_at', 'stop_at'],
  properties: {
    message: text,
    scenario: text,
    scenario_hash: text,
    scenario_version: text,
    start_at: text,
    stop_at: text,
    source: { type: 'object', required: ['scope', 'value'], properties: { scope: text, value: text } },
    context: {
      type: ['array', 'null'],
      items: { type: 'object', required: ['key', 'value'], properties: { key: text, value: text } },
    },
    decisions: { type: ['array', 'null'], items: decisionSchema },
  },
} as const;

export const signalsSchema = { type: 'array', items: signalSchema } as const;

export const decisionIdsSchema = { type: 'array', items: text } as const;

export const metricsSchema = {
  type: 'object',
  required: ['bouncers', 'machines'],
  properties: {
    bouncers: { type: ['array', 'null'], items: { type: 'object' } },
    machines: { type: ['array', 'null'], items: { type: 'object' } },
  },
} as const;

/** Not in the contract; seen with `lapi`, `log_processors` and `remediation_components`, any of them null or absent. */
export const usageMetricsSchema = { type: 'object' } as const;
