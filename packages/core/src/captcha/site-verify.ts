import * as z from 'zod';
import { bodyOf } from '../http/response-body.js';
import { Secret } from '../secret.js';
import { givenText, validate } from '../validate.js';
import type { CaptchaProvider, ProviderQuestion } from './captcha-provider.js';

/** The options that the built-in providers have in common. */
export interface ProviderOptions {
  /** The public key of the site. */
  readonly siteKey: string;
  /** The secret that belongs to it; it stays on the server. */
  readonly secretKey: string;
  /** Asks this URL in place of the provider's own, such as a proxy of yours. */
  readonly verifyUrl?: string | undefined;
  /** Loads the widget from this URL in place of the provider's own; its origin is added to the policy. */
  readonly scriptUrl?: string | undefined;
}

/** What tells one provider that speaks the `siteverify` protocol from another. */
export interface SiteVerifyService {
  readonly name: string;
  readonly global: string;
  readonly verifyUrl: string;
  readonly scriptUrl: string;
  readonly contentSecurityPolicy: Readonly<Record<string, readonly string[]>>;
}

export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

const providerOptions = z.strictObject({
  siteKey: givenText().max(200),
  secretKey: givenText().max(500),
  verifyUrl: httpUrl.optional(),
  scriptUrl: httpUrl.optional(),
});

/** The answer of a `siteverify`; for anything else nobody knows. */
const verdict = z.looseObject({
  success: z.boolean(),
  'error-codes': z.array(z.string()).nullish(),
});

/** Errors that say nothing about the visitor: the site's own keys are wrong, or the provider is in trouble. */
const SERVICE_ERRORS = /secret|sitekey|internal-error|bad-request/;
const MAX_ANSWER_BYTES = 65_536;

/**
 * A provider whose tokens are checked as reCAPTCHA began it: a form with `secret`, `response` and `remoteip`, answered by JSON with
 * `success`.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong
 */
export function siteVerifyProvider(service: SiteVerifyService, options: ProviderOptions): CaptchaProvider {
  const given = validate(providerOptions, options, service.name);
  const secret = new Secret(given.secretKey);
  const { siteKey, verifyUrl = service.verifyUrl, scriptUrl = service.scriptUrl } = given;
  return {
    name: service.name,
    global: service.global,
    siteKey,
    scriptUrl,
    contentSecurityPolicy: withOrigin(service.contentSecurityPolicy, given.scriptUrl),
    async verify({ token, ip, fetch, signal }) {
      const body = new URLSearchParams({ secret: secret.reveal(), response: token, remoteip: ip, sitekey: siteKey });
      const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
      const response = await fetch(verifyUrl, {
        method: 'POST',
        headers,
        body: body.toString(),
        redirect: 'manual',
        signal,
      });
      const answer = verdict.safeParse(await readJson(response, signal));
      if (!answer.success) throw new Error(`${service.name} was answered ${response.status}, which says nothing`);
      const errors = answer.data['error-codes'] ?? [];
      if (!answer.data.success && errors.some((error) => SERVICE_ERRORS.test(error))) {
        throw new Error(`${service.name} refused the question: ${errors.join(', ').slice(0, 200)}`);
      }
      return answer.data.success;
    },
  };
}

async function readJson(response: Response, signal: ProviderQuestion['signal']): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of bodyOf(response, signal)) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer is longer than any such answer');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
}

function withOrigin(
  policy: SiteVerifyService['contentSecurityPolicy'],
  url: string | undefined,
): SiteVerifyService['contentSecurityPolicy'] {
  if (url === undefined) return policy;
  const { origin } = new URL(url);
  return Object.fromEntries(Object.entries(policy).map(([directive, sources]) => [directive, [...sources, origin]]));
}
