import { isAbsolute } from 'node:path';
import * as z from 'zod';
import type { Skip } from '../bouncer/skip-rule.js';
import { givenText } from '../validate.js';

/** The causes for which AppSec gives no verdict, each with a policy and a counter of its own. */
export const APPSEC_FAILURES = [
  'timeout',
  'unreachable',
  'unauthorized',
  'serverError',
  'tooLarge',
  'abortedUpload',
] as const;

/**
 * Why AppSec gave no verdict.
 *
 * | cause | what happened |
 * |---|---|
 * | `timeout` | no whole answer within `timeoutMs` |
 * | `unreachable` | nobody listens, the connection broke, or a proxy says so (502 to 504) |
 * | `unauthorized` | 401: the key is wrong, or AppSec could not ask its LAPI about it |
 * | `serverError` | any other status without an action, or an answer that can't be read |
 * | `tooLarge` | AppSec or a proxy before it refuses the size of the call (413, 414, 431) |
 * | `abortedUpload` | the client went away before its body was complete |
 */
export type AppsecFailure = (typeof APPSEC_FAILURES)[number];

/** What becomes of a request about which AppSec gave no verdict. */
export type AppsecFailurePolicy = 'pass' | 'block' | 'captcha';

/** How an engine's AppSec component is asked about requests before their handlers run. */
export interface AppsecOptions {
  /**
   * Where it listens: `http://127.0.0.1:7422/`, `https://…`, a unix socket (`unix:/run/appsec.sock`, or its absolute path). The path of the
   * URL is used as it is: `/waf` and `/waf/` are two.
   */
  readonly url: string;
  /** A bouncer key of the engine's LAPI. */
  readonly apiKey?: string | undefined;
  /** A file that holds the key, in place of `apiKey`. */
  readonly apiKeyFile?: string | undefined;
  /** For `https:`: PEM texts of an authority of your own, and of a client certificate with its key. */
  readonly tls?:
    | {
        readonly ca?: string | Buffer | undefined;
        readonly cert?: string | Buffer | undefined;
        readonly key?: string | Buffer | undefined;
      }
    | undefined;
  /** How long a call may take from its beginning to the last byte of the answer, in ms: 10 to 30,000, 200 by default. */
  readonly timeoutMs?: number | undefined;
  /**
   * Bodies up to this size are shown to AppSec, in bytes: 0 (none) to 10 MiB, 1 MiB by default. So much memory a request may take; all
   * requests together take 256 MiB, and the next upload is read once one of them is done, or treated as stalled after ten seconds.
   */
  readonly maxBodyBytes?: number | undefined;
  /** For a request with a larger body: asked without it (the default), let through unasked, or refused. */
  readonly onLargeBody?: 'headers-only' | 'pass' | 'block' | undefined;
  /** About which requests it is asked: those that the decisions let through (the default), or `all`. */
  readonly requests?: 'undecided' | 'all' | undefined;
  /** Requests about which it is not asked; the same rule as the option `skip` of the agent. */
  readonly skip?: Skip | undefined;
  /** For an action that no remedy serves, such as a word of the operator's own; `ban` by default. */
  readonly fallbackRemediation?: string | undefined;
  /** What becomes of requests about which AppSec gave no verdict, by cause; `pass` by default. */
  readonly onFailure?: Readonly<Partial<Record<AppsecFailure, AppsecFailurePolicy>>> | undefined;
}

const policy = z.enum(['pass', 'block', 'captcha'], { error: "must be 'pass', 'block' or 'captcha'" }).default('pass');

const failurePolicies = z.strictObject({
  timeout: policy,
  unreachable: policy,
  unauthorized: policy,
  serverError: policy,
  tooLarge: policy,
  abortedUpload: policy,
}) satisfies z.ZodType<Record<AppsecFailure, AppsecFailurePolicy>>;

const pem = z.union([z.string().min(1), z.instanceof(Buffer)], { error: 'must be a PEM text or a Buffer' });

const tls = z
  .strictObject({ ca: pem.optional(), cert: pem.optional(), key: pem.optional() })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: 'needs both cert and key, or neither',
  });

const URL_FORMS = 'must be an http(s) URL, unix: with the path of a socket, or the absolute path of a socket';

/** The members of the option `appsec` with their defaults, but for `skip`: that is checked by the rule of the agent's own. */
export const appsecFields = {
  url: z.string({ error: URL_FORMS }).refine(isAppsecUrl, URL_FORMS),
  apiKey: givenText()
    .regex(/^[\x21-\x7e]{1,1000}$/, 'must be a key, without blanks and line breaks')
    .optional(),
  apiKeyFile: z.string().min(1).optional(),
  tls: tls.optional(),
  timeoutMs: z.number().int().min(10).max(30_000).default(200),
  maxBodyBytes: z
    .number()
    .int()
    .min(0)
    .max(10 * 1024 * 1024, 'must be at most 10 MiB, which is what AppSec takes')
    .default(1024 * 1024),
  onLargeBody: z
    .enum(['headers-only', 'pass', 'block'], { error: "must be 'headers-only', 'pass' or 'block'" })
    .default('headers-only'),
  requests: z.enum(['undecided', 'all'], { error: "must be 'undecided' or 'all'" }).default('undecided'),
  fallbackRemediation: z.string().min(1).default('ban'),
  onFailure: failurePolicies.prefault({}),
};

function isAppsecUrl(url: string): boolean {
  if (isAbsolute(url)) return true;
  if (url.startsWith('unix:')) return isAbsolute(url.slice('unix:'.length).replace(/^\/\/(?=\/)/, ''));
  if (!URL.canParse(url)) return false;
  const { protocol, username, password, hash } = new URL(url);
  return /^https?:$/.test(protocol) && username === '' && password === '' && hash === '';
}
