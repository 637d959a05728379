import { preferredFormat, type Format } from '../bouncer/preferred-format.js';
import { readHeader, type BouncerResponse, type RequestFacts } from '../bouncer/verdict.js';
import { captchaLanguages, type LocalTexts } from './captcha-languages.js';
import type { ParsedCaptchaOptions } from './captcha-options.js';
import { captchaPage, captchaPolicy } from './captcha-page.js';
import { CAPTCHA_HEADER, type CaptchaAnswerKind } from './captcha-protocol.js';

/** No cache may keep what is said to one: the next who asks is somebody else. */
const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  vary: `Accept, Accept-Language, Cookie, ${CAPTCHA_HEADER}`,
};
const TITLE = 'Captcha required';

/** What the captcha answers, in the formats that clients read. */
export class CaptchaAnswers {
  readonly #path: string;
  readonly #policy: string;
  readonly #pages = new Map<string, string>();
  readonly #languageOf: ReturnType<typeof captchaLanguages>;

  constructor({ path, provider, texts }: Pick<ParsedCaptchaOptions, 'path' | 'provider' | 'texts'>) {
    this.#path = path;
    this.#policy = captchaPolicy(provider);
    this.#languageOf = captchaLanguages(texts);
  }

  /** What a client would rather read. */
  formatFor({ headers }: RequestFacts): Format {
    return preferredFormat(readHeader(headers, 'accept'));
  }

  /** The wall: a page for browsers, problem details (RFC 9457) for programs, which say what to do. Nobody is sent elsewhere. */
  wall(facts: RequestFacts): BouncerResponse {
    const { headers, method } = facts;
    const wall = (type: string, body: string, more: Readonly<Record<string, string>> = {}): BouncerResponse => ({
      status: 401,
      headers: {
        ...COMMON_HEADERS,
        'content-type': type,
        'www-authenticate': `Captcha realm="${this.#path}"`,
        [CAPTCHA_HEADER]: 'wall',
        ...more,
      },
      body,
    });
    switch (this.formatFor(facts)) {
      case 'html': {
        const local = this.#languageOf(readHeader(headers, 'accept-language'));
        const page = this.#pageFor(local, method === 'GET' || method === 'HEAD' ? 'GET' : 'other');
        return wall('text/html; charset=utf-8', page, {
          'content-security-policy': this.#policy,
          'content-language': local.language,
        });
      }
      case 'json':
        return wall('application/problem+json; charset=utf-8', JSON.stringify(this.#problem()));
      case 'text':
        return wall('text/plain; charset=utf-8', `${TITLE}. ${this.#instructions()}\n`);
    }
  }

  /** There is one for each language and way to come back. */
  #pageFor(local: LocalTexts, method: 'GET' | 'other'): string {
    const name = `${method} ${local.language}`;
    let page = this.#pages.get(name);
    if (page === undefined) {
      page = captchaPage({ ...local, endpoint: this.#path, method });
      this.#pages.set(name, page);
    }
    return page;
  }

  /** An answer to the wall's script. */
  scriptAnswer(
    kind: CaptchaAnswerKind,
    body: object,
    { status = 200, headers = {} }: Partial<BouncerResponse> = {},
  ): BouncerResponse {
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    return {
      status,
      headers: { ...COMMON_HEADERS, 'content-type': `${type}; charset=utf-8`, [CAPTCHA_HEADER]: kind, ...headers },
      body: JSON.stringify(body),
    };
  }

  /** A refusal that the wall's script understands. */
  scriptRefusal(
    kind: CaptchaAnswerKind,
    status: number,
    { code, detail, again, retryAfterMs }: RefusalDetails,
  ): BouncerResponse {
    const headers: Record<string, string> =
      retryAfterMs === undefined ? {} : { 'retry-after': `${Math.max(1, Math.ceil(retryAfterMs / 1_000))}` };
    const problem = { type: 'about:blank', title: REFUSALS[kind] ?? TITLE, status, detail, code };
    return this.scriptAnswer(kind, again === undefined ? problem : { ...problem, again }, { status, headers });
  }

  #problem(): object {
    return {
      type: 'about:blank',
      title: TITLE,
      status: 401,
      detail: this.#instructions(),
      captcha: { page: this.#path, endpoint: this.#path, header: CAPTCHA_HEADER },
    };
  }

  #instructions(): string {
    return (
      `Open ${this.#path} of this site in a browser, with ?return=/path for where to go next; it sets the cookie that lets further requests ` +
      `pass. A program may ask there for a challenge (GET with ${CAPTCHA_HEADER}: challenge) and answer it.`
    );
  }
}

/** Why something was refused. */
export interface RefusalDetails {
  /** Stable, for programs. */
  readonly code: string;
  readonly detail: string;
  /** Asking for a challenge again helps: there is another way now. */
  readonly again?: true;
  readonly retryAfterMs?: number;
}

const REFUSALS: Partial<Record<CaptchaAnswerKind, string>> = {
  refused: 'Solution refused',
  limited: 'Too many attempts',
  failed: 'Not available',
};
