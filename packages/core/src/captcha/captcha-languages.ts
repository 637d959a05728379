import Negotiator from 'negotiator';
import { BUILT_IN_TEXTS, type CaptchaTexts } from './captcha-texts.js';

/** The texts of one language. */
export interface LocalTexts {
  /** For the attribute `lang`. */
  readonly language: string;
  readonly texts: CaptchaTexts;
}

/** Longer than any browser's `Accept-Language`. */
const MAX_HEADER_CHARS = 256;

/**
 * Chooses the texts that a client reads, by its `Accept-Language`; English when it reads none that there is.
 *
 * @param own texts of the application by language, over the built-in ones; what a language leaves out is said in English
 */
export function captchaLanguages(
  own: Readonly<Record<string, Partial<CaptchaTexts> | undefined>> = {},
): (acceptLanguage: string | undefined) => LocalTexts {
  const all = new Map<string, LocalTexts>();
  const builtIn: Readonly<Record<string, CaptchaTexts>> = BUILT_IN_TEXTS;
  const english = { ...BUILT_IN_TEXTS.en, ...given(own.en) };
  for (const language of new Set([...Object.keys(builtIn), ...Object.keys(own)])) {
    all.set(language, { language, texts: { ...(builtIn[language] ?? english), ...given(own[language]) } });
  }
  const fallback = all.get('en') ?? { language: 'en', texts: english };
  const offers = [...all.keys()];
  return (acceptLanguage) => {
    if (acceptLanguage === undefined) return fallback;
    const headers = { 'accept-language': acceptLanguage.slice(0, MAX_HEADER_CHARS) };
    return all.get(new Negotiator({ headers }).language(offers) ?? 'en') ?? fallback;
  };
}

/** Without what is undefined, which would hide what it stands for. */
function given(texts: Partial<CaptchaTexts> = {}): Partial<CaptchaTexts> {
  return Object.fromEntries(
    Object.entries(texts).filter(([, text]: [string, string | undefined]) => text !== undefined),
  );
}
