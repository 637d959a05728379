import { isCrowdsecError, type LapiOptions } from '@crowdsec-sdk/core';
import { userAgent } from '@crowdsec-sdk/core/capi';
import * as z from 'zod';
import { SetupError } from './setup-error.js';

/** What the demo is told by its environment. */
export interface Environment {
  /** Of the page, on 127.0.0.1; 0 takes any free one. */
  readonly port: number;
  /** Which network: an embedded sandbox in the part of CAPI unless told otherwise. */
  readonly network:
    | { readonly kind: 'sandbox' | 'sandbox-lapi'; readonly blocklist?: string }
    | CapiElsewhere
    | { readonly kind: 'lapi'; readonly lapi: LapiOptions };
  readonly userAgentSuffix: string;
  /** Where state is kept across restarts; without it, it is temporary. */
  readonly stateDir?: string;
}

/** CAPI itself, or another server at an API root. */
export type CapiElsewhere =
  | { readonly kind: 'env'; readonly env: 'prod' }
  | { readonly kind: 'url'; readonly apiUrl: string };

/**
 * Reads `PORT` and `CROWDSEC_*`; an empty variable counts as none.
 *
 * @throws SetupError with one line that names the variable
 */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success)
    throw new SetupError(parsed.error.issues.map(({ path, message }) => [...path, message].join(' ')).join('; '));
  const { PORT, CROWDSEC_USER_AGENT_SUFFIX: userAgentSuffix, CROWDSEC_STATE_DIR: stateDir } = parsed.data;
  checkSuffix(userAgentSuffix);
  return { port: PORT, network: networkOf(parsed.data), userAgentSuffix, ...(stateDir !== undefined && { stateDir }) };
}

const PORT_RANGE = 'must be from 0 to 65535';

const schema = z.object({
  PORT: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(0, PORT_RANGE)
    .max(65_535, PORT_RANGE)
    .default(3000),
  CROWDSEC_ENV: z
    .enum(['sandbox', 'sandbox-lapi', 'prod'], "must be 'prod' for the real Central API, 'sandbox' or 'sandbox-lapi'")
    .optional(),
  CROWDSEC_API_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  CROWDSEC_LAPI_URL: z.string().optional(),
  CROWDSEC_LAPI_API_KEY: z.string().optional(),
  CROWDSEC_LAPI_API_KEY_FILE: z.string().optional(),
  CROWDSEC_LAPI_MACHINE_ID: z.string().optional(),
  CROWDSEC_LAPI_PASSWORD: z.string().optional(),
  CROWDSEC_LAPI_PASSWORD_FILE: z.string().optional(),
  CROWDSEC_BLOCKLIST: z.string().optional(),
  CROWDSEC_STATE_DIR: z.string().optional(),
  CROWDSEC_USER_AGENT_SUFFIX: z.string().default(''),
});

type Variables = z.infer<typeof schema>;

function networkOf(given: Variables): Environment['network'] {
  const {
    CROWDSEC_ENV: env,
    CROWDSEC_API_URL: apiUrl,
    CROWDSEC_LAPI_URL: lapiUrl,
    CROWDSEC_BLOCKLIST: blocklist,
  } = given;
  const named = Object.entries({ CROWDSEC_ENV: env, CROWDSEC_API_URL: apiUrl, CROWDSEC_LAPI_URL: lapiUrl })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (named.length > 1) throw new SetupError(`${named.join(' and ')} exclude each other: set one`);
  if (apiUrl === undefined && lapiUrl === undefined && env !== 'prod')
    return { kind: env ?? 'sandbox', ...(blocklist !== undefined && { blocklist }) };
  if (blocklist !== undefined)
    throw new SetupError('CROWDSEC_BLOCKLIST is what the embedded sandbox serves: leave it out with another API');
  if (lapiUrl !== undefined) return { kind: 'lapi', lapi: { url: lapiUrl, ...lapiCredentials(given) } };
  return apiUrl === undefined ? { kind: 'env', env: 'prod' } : { kind: 'url', apiUrl };
}

function lapiCredentials(given: Variables): Omit<LapiOptions, 'url'> {
  const { CROWDSEC_LAPI_API_KEY: apiKey, CROWDSEC_LAPI_API_KEY_FILE: apiKeyFile } = given;
  if (apiKey === undefined && apiKeyFile === undefined) {
    throw new SetupError(
      'CROWDSEC_LAPI_URL needs CROWDSEC_LAPI_API_KEY or CROWDSEC_LAPI_API_KEY_FILE: make a key by `cscli bouncers add demo`',
    );
  }
  const { CROWDSEC_LAPI_MACHINE_ID: machineId, CROWDSEC_LAPI_PASSWORD: password } = given;
  const passwordFile = given.CROWDSEC_LAPI_PASSWORD_FILE;
  return {
    apiKey,
    apiKeyFile,
    ...(machineId !== undefined && { machine: { machineId, password, passwordFile } }),
  };
}

function checkSuffix(suffix: string): void {
  try {
    userAgent({ suffix });
  } catch (error) {
    if (isCrowdsecError(error)) throw new SetupError(`CROWDSEC_USER_AGENT_SUFFIX: ${error.message}`);
    throw error;
  }
}
