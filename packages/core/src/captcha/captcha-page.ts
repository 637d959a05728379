import { escapeHtml, hashOf } from '../bouncer/ban-page.js';
import type { CaptchaProvider } from './captcha-provider.js';
import { CAPTCHA_SCRIPT } from './captcha-script.js';
import type { LocalTexts } from './captcha-languages.js';

const STYLE = `
  :root { color-scheme: light dark; accent-color: light-dark(#1558b0, #8ab4f8) }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1.1rem/1.5 system-ui, sans-serif }
  main { box-sizing: border-box; width: 100%; max-width: 34rem; padding: 2rem }
  h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem }
  p { margin: .75rem 0; overflow-wrap: anywhere }
  progress { width: 100%; height: .75rem }
  #widget:empty, [hidden] { display: none }
  #status { min-height: 1.5em }
  button { font: inherit; min-height: 2.75rem; padding: .4rem 1.2rem; border: 1px solid; border-radius: .5rem; cursor: pointer }
  button:focus-visible { outline: 3px solid; outline-offset: 2px }
`;

/** What a wall differs in. */
export interface CaptchaPageValues extends LocalTexts {
  readonly endpoint: string;
  /** By which the wall was met: after a `POST`, loading it again would send the form again. */
  readonly method: 'GET' | 'other';
}

/** The wall. Script and style are always the same; what differs are texts and attributes, each escaped. */
export function captchaPage({ language, texts, endpoint, method }: CaptchaPageValues): string {
  const { working, solved, failed, tooMany, cookies } = texts;
  const spoken = JSON.stringify({ working, solved, failed, tooMany, cookies });
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(texts.title)}</title>
<style>${STYLE}</style>
<main dir="auto" data-endpoint="${escapeHtml(endpoint)}" data-method="${method}" data-texts="${escapeHtml(spoken)}">
  <h1>${escapeHtml(texts.title)}</h1>
  <p>${escapeHtml(texts.message)}</p>
  <noscript><p><strong>${escapeHtml(texts.noScript)}</strong></p></noscript>
  <div id="widget"></div>
  <progress id="bar" hidden aria-label="${escapeHtml(working)}"></progress>
  <p id="status" role="status" aria-live="polite"></p>
  <button id="retry" type="button" hidden>${escapeHtml(texts.retry)}</button>
</main>
<script>${CAPTCHA_SCRIPT}</script>
</html>
`;
}

/** What is ours runs by its hash, and speaks with this site alone; of a provider, what it names. */
export function captchaPolicy(provider: CaptchaProvider | undefined): string {
  const directives = new Map<string, readonly string[]>([
    ['default-src', ["'none'"]],
    ['script-src', [hashOf(CAPTCHA_SCRIPT)]],
    ['style-src', [hashOf(STYLE)]],
    ['connect-src', ["'self'"]],
    ['base-uri', ["'none'"]],
    ['form-action', ["'none'"]],
    ['frame-ancestors', ["'none'"]],
  ]);
  for (const [directive, sources] of Object.entries(provider?.contentSecurityPolicy ?? {})) {
    directives.set(directive, [...(directives.get(directive) ?? []), ...sources]);
  }
  return [...directives].map(([name, sources]) => `${name} ${sources.join(' ')}`).join('; ');
}
