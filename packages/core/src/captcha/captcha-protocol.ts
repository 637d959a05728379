/**
 * How the wall's script, or any client, speaks with the agent: by this header, at the endpoint and at any URL that shows the wall. A
 * request says `challenge`, or `solution` and what solves it in base64url; an answer says what it is. No browser sends such a header for
 * another site without asking first, which is never allowed; and no body has to be read.
 */
export const CAPTCHA_HEADER = 'x-crowdsec-captcha';

/** What is asked for. */
export type CaptchaQuestion =
  | { readonly kind: 'challenge' }
  | { readonly kind: 'solution'; readonly text: string }
  | { readonly kind: 'unknown' };

/** A token of reCAPTCHA may take some thousand characters. */
const MAX_HEADER_CHARS = 12_288;

/** Reads the header; `undefined` when there is none. */
export function captchaQuestion(header: string | undefined): CaptchaQuestion | undefined {
  if (header === undefined) return undefined;
  if (header === 'challenge') return { kind: 'challenge' };
  if (header.length > MAX_HEADER_CHARS) return { kind: 'unknown' };
  const [, encoded] = /^solution ([\w-]+)$/.exec(header) ?? [];
  if (encoded === undefined) return { kind: 'unknown' };
  return { kind: 'solution', text: Buffer.from(encoded, 'base64url').toString() };
}

/** What an answer is, as its header says. */
export type CaptchaAnswerKind = 'wall' | 'challenge' | 'solved' | 'refused' | 'limited' | 'failed' | 'not-required';
