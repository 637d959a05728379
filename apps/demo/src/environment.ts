import { isCrowdsecError, userAgent } from '@crowdsec-sdk/core';
import { z } from 'zod';
import { SetupError } from './setup-error.js';

/** What the demo is told by its environment. */
export interface Environment {
  /** Of the page, on 127.0.0.1; 0 takes any free one. */
  readonly port: number;
  /** Which CAPI: an embedded sandbox unless told otherwise. */
  readonly capi: { readonly kind: 'sandbox'; readonly blocklist?: string } | CapiElsewhere;
  readonly userAgentSuffix: string;
  /** Where state is kept across restarts; without it, it is temporary. */
  readonly stateDir?: string;
}

/** CAPI itself, or another server at an API root. */
export type CapiElsewhere =
  { readonly kind: 'env'; readonly env: 'prod' } | { readonly kind: 'url'; readonly apiUrl: string };

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
  return { port: PORT, capi: capiOf(parsed.data), userAgentSuffix, ...(stateDir !== undefined && { stateDir }) };
}

const PORT_RANGE = 'must be from 0 to 65535';

const schema = z.object({
  PORT: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(0, PORT_RANGE)
    .max(65_535, PORT_RANGE)
    .default(3000),
  CROWDSEC_ENV: z.enum(['sandbox', 'prod'], "must be 'prod' for the real Central API, or 'sandbox'").optional(),
  CROWDSEC_API_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  CROWDSEC_BLOCKLIST: z.string().optional(),
  CROWDSEC_STATE_DIR: z.string().optional(),
  CROWDSEC_USER_AGENT_SUFFIX: z.string().default(''),
});

function capiOf(given: z.infer<typeof schema>): Environment['capi'] {
  const { CROWDSEC_ENV: env, CROWDSEC_API_URL: apiUrl, CROWDSEC_BLOCKLIST: blocklist } = given;
  if (env !== undefined && apiUrl !== undefined)
    throw new SetupError('CROWDSEC_ENV and CROWDSEC_API_URL exclude each other: set one');
  if (apiUrl === undefined && env !== 'prod') return { kind: 'sandbox', ...(blocklist !== undefined && { blocklist }) };
  if (blocklist !== undefined)
    throw new SetupError('CROWDSEC_BLOCKLIST is what the embedded sandbox serves: leave it out with another API');
  return apiUrl === undefined ? { kind: 'env', env: 'prod' } : { kind: 'url', apiUrl };
}

function checkSuffix(suffix: string): void {
  try {
    userAgent({ suffix });
  } catch (error) {
    if (isCrowdsecError(error)) throw new SetupError(`CROWDSEC_USER_AGENT_SUFFIX: ${error.message}`);
    throw error;
  }
}
