import * as z from 'zod';
import { objectWith, switchable } from '../validate.js';
import type { CaptchaProvider } from './captcha-provider.js';
import { TEXT_NAMES, type CaptchaTexts } from './captcha-texts.js';
import { httpUrl } from './site-verify.js';

/** The captcha that clients of the remediation `captcha` meet. */
export interface CaptchaOptions {
  /**
   * The path of the wall's own endpoint, `/.well-known/crowdsec/captcha` by default. It also serves below a prefix, such as a `basePath`:
   * what counts is how the path of a request ends.
   */
  readonly path?: string | undefined;
  /** How long a solved captcha is good for, in ms: a minute to a week, an hour by default. */
  readonly passMs?: number | undefined;
  /**
   * How much work a browser has, in rounds of PBKDF2: 10,000 to 100,000,000, on average. The default of 1,000,000 takes about a second on
   * a phone. It grows up to 32 times for a client that solves more than three within half an hour.
   */
  readonly work?: number | undefined;
  /** How many challenges and solutions one client may send in a minute: 5 to 10,000, 60 by default. */
  readonly requestsPerMinute?: number | undefined;
  /** The name of the cookie that a solved captcha is told by, `crowdsec-captcha` by default. */
  readonly cookieName?: string | undefined;
  /** What the wall says, by language: `{ en: { title: 'Hello' }, nl: { … } }`. English, German, French and Spanish are built in. */
  readonly texts?: Readonly<Record<string, Partial<CaptchaTexts>>> | undefined;
  /** A service whose captcha is shown in place of the proof of work: `turnstile()`, `hcaptcha()`, `recaptcha()`, or one of yours. */
  readonly provider?: CaptchaProvider | undefined;
  /** How long the provider may take to check a solution, in ms: 100 to 20,000, 5,000 by default. */
  readonly providerTimeoutMs?: number | undefined;
  /**
   * For solutions that the provider can't check, because it is out of reach, too slow, or refuses our keys: the visitor gets the `proof-of-work`
   * instead (the default), may `pass`, or stays out (`block`).
   */
  readonly onProviderFailure?: 'proof-of-work' | 'pass' | 'block' | undefined;
}

const DEFAULT_CAPTCHA_PATH = '/.well-known/crowdsec/captcha';

const text = z.string().min(1).max(2_000).optional();

const texts = z.record(
  z.string().regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, 'must be a language, such as en or pt-BR'),
  z.strictObject(Object.fromEntries(TEXT_NAMES.map((name) => [name, text])) as Record<keyof CaptchaTexts, typeof text>),
);

/** What the wall shows of a provider, checked before it meets a visitor: a policy that HTTP can't carry would leave clients without a wall. */
const wallMembers = z.looseObject({
  name: z.string().min(1).max(100),
  global: z.string().min(1).max(100),
  siteKey: z.string().min(1).max(1_000),
  scriptUrl: httpUrl,
  contentSecurityPolicy: z
    .record(z.string(), z.array(z.string()))
    .refine(
      (policy) =>
        Object.entries(policy).every(
          ([directive, sources]) =>
            /^[a-z-]+$/.test(directive) && sources.every((source) => /^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/.test(source)),
        ),
      "must be lists of sources by directive: { 'frame-src': ['https://…'] }",
    ),
});

const provider = objectWith<CaptchaProvider>(
  ['verify'],
  'turnstile({ siteKey, secretKey }), hcaptcha(…), recaptcha(…), or an object with the members of CaptchaProvider',
).superRefine((given, context) => {
  for (const { path, message } of wallMembers.safeParse(given).error?.issues ?? [])
    context.addIssue({ code: 'custom', path: path.slice(0, 1), message });
});

/** The option `captcha` of the agent; `false` leaves the remediation to other remedies. */
export const captchaOptions = switchable(
  z.strictObject({
    path: z
      .string()
      .regex(/^\/(?![/\\])[\w.~!$&'()*+,;=:@/-]{1,200}$/, 'must be a path that begins with one slash')
      .default(DEFAULT_CAPTCHA_PATH),
    passMs: z.number().int().min(60_000).max(604_800_000).default(3_600_000),
    work: z.number().int().min(10_000).max(100_000_000).default(1_000_000),
    requestsPerMinute: z.number().int().min(5).max(10_000).default(60),
    cookieName: z
      .string()
      .regex(/^[\w.-]{1,64}$/, 'must be the name of a cookie: letters, digits, dots, hyphens, underscores')
      .default('crowdsec-captcha'),
    texts: texts.default(() => ({})),
    provider: provider.optional(),
    providerTimeoutMs: z.number().int().min(100).max(20_000).default(5_000),
    onProviderFailure: z
      .enum(['proof-of-work', 'pass', 'block'], { error: "must be 'proof-of-work', 'pass' or 'block'" })
      .default('proof-of-work'),
  }),
);

/** The options of the captcha with their defaults. */
export type ParsedCaptchaOptions = Exclude<z.output<typeof captchaOptions>, false>;
