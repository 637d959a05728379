import * as z from 'zod';
import { functionSchema, objectWith } from '../validate.js';
import type { GeoLookup, GeoSource } from './geo-source.js';
import { ignoredDecisions } from './ignored-decisions.js';

/** A type of remediation, in lower case. */
const remediation = z.string().trim().toLowerCase().min(1);

const geoLookup = functionSchema<GeoLookup>('a function from an IP to { country?, asn? }');

/** The options of the remediation room. */
export const remediationOptions = z
  .strictObject({
    /** What is acted on, strongest first; `bypass` and repetitions are left out. */
    remediations: z
      .array(remediation)
      .min(1)
      .max(200)
      .transform((types) => [...new Set(types)].filter((type) => type !== 'bypass'))
      .default(() => ['ban', 'captcha']),
    /** What decisions of any other type come to: `bypass`, or one of `remediations`. */
    fallbackRemediation: remediation.default('bypass'),
    /** `flex` never bans: a captcha is the strongest it does. `disabled` acts on nothing. */
    bouncingLevel: z.enum(['normal', 'flex', 'disabled']).default('normal'),
    /** Which decisions of the network are left alone. */
    ignore: ignoredDecisions.optional(),
    /** Where an address is; asked only when country or AS decisions are held. */
    geo: geoLookup.optional(),
  })
  .refine(({ remediations, fallbackRemediation: type }) => type === 'bypass' || remediations.includes(type), {
    path: ['fallbackRemediation'],
    error: 'must be "bypass" or one of `remediations`',
  });

/** The option `geo` of the agent, which opens what has to be opened. */
export const agentGeo = z
  .union([geoLookup, objectWith<GeoSource>(['open'], 'an object with open()')], {
    error: 'must be a function from an IP to { country?, asn? }, or maxmindGeo({ country, asn })',
  })
  .optional();
