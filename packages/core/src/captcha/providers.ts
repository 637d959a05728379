import type { CaptchaProvider } from './captcha-provider.js';
import { siteVerifyProvider, type ProviderOptions, type SiteVerifyService } from './site-verify.js';

/** By https://developers.cloudflare.com/turnstile/ (server-side validation; content security policy). */
const TURNSTILE: SiteVerifyService = {
  name: 'turnstile',
  global: 'turnstile',
  verifyUrl: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
  scriptUrl: 'https://challenges.cloudflare.com/turnstile/v0/api.js',
  contentSecurityPolicy: {
    'script-src': ['https://challenges.cloudflare.com'],
    'frame-src': ['https://challenges.cloudflare.com'],
    'connect-src': ['https://challenges.cloudflare.com'],
  },
};

/** By https://docs.hcaptcha.com/ (verify the user response; content security policy). */
const HCAPTCHA_SOURCES = ['https://hcaptcha.com', 'https://*.hcaptcha.com'];
const HCAPTCHA: SiteVerifyService = {
  name: 'hcaptcha',
  global: 'hcaptcha',
  verifyUrl: 'https://api.hcaptcha.com/siteverify',
  scriptUrl: 'https://js.hcaptcha.com/1/api.js',
  contentSecurityPolicy: {
    'script-src': HCAPTCHA_SOURCES,
    'frame-src': HCAPTCHA_SOURCES,
    'style-src': HCAPTCHA_SOURCES,
    'connect-src': HCAPTCHA_SOURCES,
  },
};

/** By https://developers.google.com/recaptcha/docs/verify and its FAQ on content security policy. */
const RECAPTCHA: SiteVerifyService = {
  name: 'recaptcha',
  global: 'grecaptcha',
  verifyUrl: 'https://www.google.com/recaptcha/api/siteverify',
  scriptUrl: 'https://www.google.com/recaptcha/api.js',
  contentSecurityPolicy: {
    'script-src': ['https://www.google.com/recaptcha/', 'https://www.gstatic.com/recaptcha/'],
    'frame-src': ['https://www.google.com/recaptcha/', 'https://recaptcha.google.com/recaptcha/'],
    'connect-src': ['https://www.google.com/recaptcha/'],
    'img-src': ['https://www.gstatic.com/recaptcha/'],
  },
};

/**
 * Cloudflare Turnstile, for `captcha: { provider: turnstile({ siteKey, secretKey }) }`.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong
 */
export function turnstile(options: ProviderOptions): CaptchaProvider {
  return siteVerifyProvider(TURNSTILE, options);
}

/**
 * hCaptcha, for `captcha: { provider: hcaptcha({ siteKey, secretKey }) }`.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong
 */
export function hcaptcha(options: ProviderOptions): CaptchaProvider {
  return siteVerifyProvider(HCAPTCHA, options);
}

/**
 * Google reCAPTCHA v2 (the checkbox), for `captcha: { provider: recaptcha({ siteKey, secretKey }) }`.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong
 */
export function recaptcha(options: ProviderOptions): CaptchaProvider {
  return siteVerifyProvider(RECAPTCHA, options);
}
