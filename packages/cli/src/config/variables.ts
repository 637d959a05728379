/** What the text of a variable is read as. */
export type VariableKind = 'text' | 'number' | 'boolean' | 'list' | 'proxies' | 'secret';

/** An environment variable, the option that it sets, and how it is read. One that holds a secret has a twin with `_FILE` at its end. */
export interface Variable {
  readonly name: string;
  /** The option, with dots for members of members. */
  readonly option: string;
  readonly kind: VariableKind;
}

const variable = (name: string, option: string, kind: VariableKind = 'text'): Variable => ({
  name: `CROWDSEC_${name}`,
  option,
  kind,
});

/** The variables that configure an agent and the command; the README's table is this one. */
export const VARIABLES: readonly Variable[] = [
  variable('ENV', 'env'),
  variable('API_URL', 'apiUrl'),
  variable('SCENARIOS', 'scenarios', 'list'),
  variable('MACHINE_ID_PREFIX', 'machineIdPrefix'),
  variable('MACHINE_ID', 'credentials.machineId'),
  variable('PASSWORD', 'credentials.password', 'secret'),
  variable('USER_AGENT_SUFFIX', 'userAgentSuffix'),
  variable('USER_AGENT_VERSION', 'userAgentVersion'),
  variable('TIMEOUT_MS', 'timeoutMs', 'number'),
  variable('STATE_DIR', 'stateDir'),
  variable('STORE', 'store', 'secret'),
  variable('NAMESPACE', 'namespace'),
  variable('EPHEMERAL', 'ephemeral', 'boolean'),
  variable('STORE_TIMEOUT_MS', 'storeTimeoutMs', 'number'),
  variable('REFRESH_INTERVAL_MS', 'refreshIntervalMs', 'number'),
  variable('MAX_LOCAL_DECISIONS', 'maxLocalDecisions', 'number'),
  variable('REMEDIATIONS', 'remediations', 'list'),
  variable('FALLBACK_REMEDIATION', 'fallbackRemediation'),
  variable('BOUNCING_LEVEL', 'bouncingLevel'),
  variable('OWN_IPS', 'ownIps', 'list'),
  variable('TRUSTED_PROXIES', 'trustedProxies', 'proxies'),
  variable('IP_HEADER', 'ipHeader'),
  variable('SKIP', 'skip', 'list'),
  variable('MODE', 'mode'),
  variable('METRICS', 'metrics', 'boolean'),
  variable('LAPI_URL', 'lapi.url'),
  variable('LAPI_API_KEY', 'lapi.apiKey', 'secret'),
  variable('LAPI_MACHINE_ID', 'lapi.machine.machineId'),
  variable('LAPI_PASSWORD', 'lapi.machine.password', 'secret'),
  variable('APPSEC_URL', 'appsec.url'),
  variable('APPSEC_API_KEY', 'appsec.apiKey', 'secret'),
];

/** The variable that names a configuration file. */
export const CONFIG_VARIABLE = 'CROWDSEC_CONFIG';
