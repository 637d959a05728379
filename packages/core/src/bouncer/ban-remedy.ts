import { contentSecurityPolicy, DEFAULT_TEMPLATE, renderPage } from './ban-page.js';
import { preferredFormat } from './preferred-format.js';
import type { Remedy } from './remedy.js';
import { readHeader, type BouncerResponse } from './verdict.js';

/** What a refused client is answered. */
export interface BanOptions {
  /** 400 to 599; 403 by default. */
  readonly status?: number | undefined;
  /** Headers besides, or instead of, those that every refusal carries. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The heading, in all formats. */
  readonly title?: string | undefined;
  /** What is said below it, in all formats. */
  readonly message?: string | undefined;
  /**
   * The page, with `{{title}}`, `{{message}}`, `{{ip}}`, `{{remediation}}`, `{{origin}}` and `{{status}}`, each escaped
   * for text and quoted attributes. Its `<style>` elements apply; for anything else that it loads, set
   * `content-security-policy` in `headers`.
   */
  readonly template?: string | undefined;
  /** One answer for all, whatever they accept. */
  readonly body?: { readonly contentType: string; readonly content: string } | undefined;
  /**
   * Where those who would get the page are sent instead (303): an http(s) URL, or a path of this site, which then is
   * never guarded.
   */
  readonly redirect?: string | undefined;
}

const TITLE = 'Access denied';
const BANNED = 'Your IP address has been blocked because it was reported for malicious behaviour.';
const ATTACK = 'Your request was blocked because it looks like an attack.';
const NOT_CHECKED = 'Your request could not be checked, so it was refused.';

/**
 * The remedy `ban`: a refusal as a page, as problem details (RFC 9457) or as text, whichever the client's `Accept`
 * prefers.
 */
export function banRemedy(options: BanOptions = {}): Remedy {
  const { status = 403, title = TITLE, template = DEFAULT_TEMPLATE, body, redirect } = options;
  const own = Object.fromEntries(
    Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const answer = (
    contentType: string,
    content: string,
    more: Readonly<Record<string, string>> = {},
  ): BouncerResponse => ({
    status,
    headers: { ...COMMON_HEADERS, 'content-type': contentType, ...more, ...own },
    body: content,
  });
  const policy = { 'content-security-policy': contentSecurityPolicy(body?.content ?? template) };
  const fixed = body && answer(body.contentType, body.content, policy);
  const elsewhere =
    redirect === undefined
      ? undefined
      : { status: 303, headers: { ...COMMON_HEADERS, ...own, location: redirect }, body: '' };

  return ({ facts, ip = 'unknown', remediation, origin }) => {
    if (fixed !== undefined) return fixed;
    const message = options.message ?? messageFor(remediation, origin);
    switch (preferredFormat(readHeader(facts.headers, 'accept'))) {
      case 'html': {
        if (elsewhere !== undefined) return elsewhere;
        const page = renderPage(template, { title, message, ip, remediation, origin, status: `${status}` });
        return answer('text/html; charset=utf-8', page, policy);
      }
      case 'json': {
        const problem = { type: 'about:blank', title, status, detail: message };
        return answer('application/problem+json; charset=utf-8', JSON.stringify(problem));
      }
      case 'text':
        return answer('text/plain; charset=utf-8', `${title}. ${message}\n`);
    }
  };
}

function messageFor(remediation: string, origin: string): string {
  if (remediation === 'bypass') return NOT_CHECKED;
  return origin === 'appsec' ? ATTACK : BANNED;
}

/** What every refusal carries. No cache may keep one: the next who asks is somebody else. */
const COMMON_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', vary: 'Accept' };
