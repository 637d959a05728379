import * as z from 'zod';
import { functionSchema } from '../validate.js';
import { givenCredentialsSchema, machineIdPrefixSchema } from './credentials.js';
import type { Fetch } from './transport.js';
import { userAgentOptions } from './user-agent.js';

/** Upper case too, for names of the hub such as `crowdsecurity/CVE-2022-37042`. */
const DECLARED_SCENARIO = /^[A-Za-z0-9_-]+\/[A-Za-z0-9_-]+$/;

/** The options for the identity of the machine and the connection to CAPI. */
export const capiOptions = {
  env: z.enum(['prod', 'dev'], { error: "must be 'prod' or 'dev'" }).optional(),
  apiUrl: z.string({ error: 'must be a URL' }).optional(),
  scenarios: z
    .array(z.string().regex(DECLARED_SCENARIO, 'must look like vendor/name, with letters, digits, - and _'))
    .default([]),
  machineIdPrefix: machineIdPrefixSchema.default(''),
  credentials: givenCredentialsSchema.optional(),
  userAgentSuffix: userAgentOptions.shape.suffix,
  userAgentVersion: userAgentOptions.shape.version,
  timeoutMs: z
    .number()
    .int()
    .min(100, 'must be at least 100 ms')
    .max(300_000, 'must be at most 300,000 ms')
    .default(30_000),
  fetch: functionSchema<Fetch>('a function like the global fetch').optional(),
};
