import * as z from 'zod';

/**
 * Decisions that an application does not act on, whichever network they come from: a web shop needs no bans for guessing SSH passwords. They
 * are filtered here; a local API has filters of its own, see `lapi.origins`.
 */
export interface IgnoredDecisions {
  /** Origins, in any case: `CAPI`, `cscli`, `lists:<name>`, or `lists` for all lists. */
  readonly origins?: readonly string[] | undefined;
  /** Texts of which the scenario contains one, in any case: `ssh`; `*` matches anything: `vendor/ssh-*`. */
  readonly scenarios?: readonly string[] | undefined;
  /** Types, in any case: `captcha`. */
  readonly types?: readonly string[] | undefined;
  /** Ranges wider than these prefix lengths: `{ ipv4: 16, ipv6: 48 }` keeps a /16 and ignores a /15. */
  readonly widerThan?: { readonly ipv4?: number | undefined; readonly ipv6?: number | undefined } | undefined;
}

const texts = z.array(z.string().min(1, 'must not be empty'));

/** The option `ignore`. */
export const ignoredDecisions = z.strictObject({
  origins: texts.optional(),
  scenarios: texts.optional(),
  types: texts.optional(),
  widerThan: z
    .strictObject({
      ipv4: z.number().int().min(0).max(32, 'must be at most 32').optional(),
      ipv6: z.number().int().min(0).max(128, 'must be at most 128').optional(),
    })
    .optional(),
});
