import { z } from 'zod';
import type { TrustedProxies } from './client-ip.js';

const choice = z.enum(['pass', 'block'], { error: "must be 'pass' or 'block'" });

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
      { error: "must be 'loopback', 'private', a list of addresses and CIDRs, a number of proxies, or a function of an address" },
    )
    .optional() as z.ZodType<TrustedProxies | undefined>,
  ipHeader: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a header, such as x-forwarded-for')
    .default('x-forwarded-for'),
  mode: z.enum(['enforce', 'log'], { error: "must be 'enforce' or 'log'" }).default('enforce'),
  onUnavailable: choice.default('pass'),
  onInvalidIp: choice.default('pass'),
  onUnhandled: choice.default('pass'),
};
