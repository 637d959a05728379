import type { CrowdsecOptions } from '@crowdsec-sdk/core';

/** The names of the members of an object; `true` for one that is not looked into. */
export type Names<T> = { readonly [Name in keyof Required<T>]: true | Readonly<Record<string, unknown>> };

type Lapi = NonNullable<CrowdsecOptions['lapi']>;
type Appsec = NonNullable<CrowdsecOptions['appsec']>;

const tls = { cert: true, key: true, ca: true } satisfies Names<NonNullable<Lapi['tls']>>;

/**
 * Every option of an agent, so that an unknown key is found before anything heavy is loaded. The compiler sees to it that none is
 * missing.
 */
export const OPTION_NAMES = {
  env: true,
  apiUrl: true,
  lapi: {
    url: true,
    apiKey: true,
    apiKeyFile: true,
    tls,
    updateIntervalMs: true,
    scopes: true,
    origins: true,
    scenariosContaining: true,
    scenariosNotContaining: true,
    machine: { machineId: true, password: true, passwordFile: true } satisfies Names<NonNullable<Lapi['machine']>>,
    decisions: true,
    usageMetrics: true,
  } satisfies Names<Lapi>,
  ignore: {
    origins: true,
    scenarios: true,
    types: true,
    widerThan: { ipv4: true, ipv6: true },
  } satisfies Names<NonNullable<CrowdsecOptions['ignore']>>,
  metrics: true,
  scenarios: true,
  machineIdPrefix: true,
  credentials: { machineId: true, password: true },
  userAgentSuffix: true,
  userAgentVersion: true,
  timeoutMs: true,
  fetch: true,
  store: true,
  stateDir: true,
  namespace: true,
  ephemeral: true,
  storeTimeoutMs: true,
  refreshIntervalMs: true,
  maxLocalDecisions: true,
  keepNonPublicListEntries: true,
  remediations: true,
  fallbackRemediation: true,
  bouncingLevel: true,
  geo: true,
  bufferSize: true,
  bufferBytes: true,
  mergeWindowMs: true,
  ownIps: true,
  journalDelayMs: true,
  trustedProxies: true,
  ipHeader: true,
  clientIp: true,
  skip: true,
  mode: true,
  ban: {
    status: true,
    headers: true,
    title: true,
    message: true,
    template: true,
    body: { contentType: true, content: true },
    redirect: true,
  } satisfies Names<NonNullable<CrowdsecOptions['ban']>>,
  remedies: true,
  onUnavailable: true,
  onInvalidIp: true,
  onUnhandled: true,
  onError: true,
  appsec: {
    url: true,
    apiKey: true,
    apiKeyFile: true,
    tls,
    timeoutMs: true,
    maxBodyBytes: true,
    onLargeBody: true,
    requests: true,
    skip: true,
    fallbackRemediation: true,
    onFailure: {
      timeout: true,
      unreachable: true,
      unauthorized: true,
      serverError: true,
      tooLarge: true,
      abortedUpload: true,
    } satisfies Names<NonNullable<Appsec['onFailure']>>,
  } satisfies Names<Appsec>,
  extensions: true,
  logger: true,
  clock: true,
  scheduler: true,
} satisfies Names<CrowdsecOptions>;
