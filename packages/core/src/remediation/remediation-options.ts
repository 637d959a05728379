import { z } from 'zod';
import type { GeoFacts } from '../decisions/decision-index.js';
import { functionSchema } from '../validate.js';

/** A type of remediation, in lower case. */
const remediation = z.string().trim().toLowerCase().min(1);

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
    /** Where an address is; asked only when country or AS decisions are held. Synchronous. */
    geo: functionSchema<(ip: string) => GeoFacts | undefined>('a function from an IP to { country?, asn? }').optional(),
  })
  .refine(({ remediations, fallbackRemediation: type }) => type === 'bypass' || remediations.includes(type), {
    path: ['fallbackRemediation'],
    error: 'must be "bypass" or one of `remediations`',
  });
