import * as z from 'zod';
import { isHeader } from '../http/is-header.js';
import { functionSchema } from '../validate.js';
import { unknownPlaceholders } from './ban-page.js';
import type { Remedy } from './remedy.js';
import { withSkippedPath } from './skip-rule.js';
import type { TrustedProxies } from './trusted-proxies.js';
import type { RequestFacts } from './verdict.js';

const choice = z.enum(['pass', 'block'], { error: "must be 'pass' or 'block'" });

const headers = z.record(z.string(), z.string()).superRefine((entries, context) => {
  for (const [name, value] of Object.entries(entries)) {
    if (!isHeader(name, value))
      context.addIssue({ code: 'custom', path: [name], message: 'is no header that HTTP can carry' });
  }
});

const ban = z.strictObject({
  status: z.number().int().min(400).max(599).optional(),
  headers: headers.optional(),
  title: z.string().optional(),
  message: z.string().optional(),
  template: z
    .string()
    .superRefine((template, context) => {
      for (const name of unknownPlaceholders(template))
        context.addIssue(`{{${name}}} stands for nothing; see BanOptions.template`);
    })
    .optional(),
  body: z
    .strictObject({
      contentType: z.string().refine((type) => isHeader('content-type', type), 'is no content type'),
      content: z.string(),
    })
    .optional(),
  redirect: z
    .string()
    .regex(/^(?:https?:\/\/|\/(?![/\\]))[\x21-\x7e]*$/, 'must be an http(s) URL, or a path that begins with one slash')
    .optional(),
});

/** A rule by which requests are left alone: of the bouncer, and of AppSec. */
export const skipSchema = z
  .union(
    [z.array(z.string().startsWith('/')).readonly(), functionSchema<(facts: RequestFacts) => boolean>('a function')],
    {
      error: 'must be a list of paths that begin with a slash, or a function of a request',
    },
  )
  .default(() => []);

/** The options that say who is calling, and what happens to them. */
export const bouncerOptions = {
  trustedProxies: z
    .union(
      [
        z.enum(['loopback', 'private']),
        z.array(z.string()),
        z.number().int().min(0).max(64),
        z.custom<(ip: string) => boolean>((value) => typeof value === 'function'),
      ],
      {
        error:
          "must be 'loopback', 'private', a list of addresses and CIDRs, a number of proxies, or a function of an address",
      },
    )
    .optional() as z.ZodType<TrustedProxies | undefined>,
  ipHeader: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a header, such as x-forwarded-for')
    .default('x-forwarded-for'),
  clientIp: functionSchema<(facts: RequestFacts) => string | undefined>(
    'a function from a request to an address',
  ).optional(),
  skip: skipSchema,
  mode: z.enum(['enforce', 'log'], { error: "must be 'enforce' or 'log'" }).default('enforce'),
  ban: ban.default(() => ({})),
  remedies: z.record(z.string(), functionSchema<Remedy>('a function from a request to an answer')).default(() => ({})),
  onUnavailable: choice.default('pass'),
  onInvalidIp: choice.default('pass'),
  onUnhandled: choice.default('pass'),
  onError: choice.default('pass'),
};

type Parsed = z.output<z.ZodObject<typeof bouncerOptions>>;

/** The options of the bouncer among those of the agent, checked already. */
export function pickBouncerOptions(options: Parsed): Omit<Parsed, 'ban' | 'remedies'> {
  const { trustedProxies, ipHeader, clientIp, mode, onUnavailable, onInvalidIp, onUnhandled, onError } = options;
  const skip = options.ban.redirect?.startsWith('/')
    ? withSkippedPath(options.skip, options.ban.redirect)
    : options.skip;
  return { trustedProxies, ipHeader, clientIp, skip, mode, onUnavailable, onInvalidIp, onUnhandled, onError };
}
