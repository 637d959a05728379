import type { BouncerResponse } from './verdict.js';

/** What every refusal carries: no cache may keep it, and nothing runs on the page. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  vary: 'Accept',
};

const TITLE = 'Access denied';
const TEXT = 'Your IP address has been blocked because it was reported for malicious behaviour.';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${TITLE}</title>
<style>
  :root { color-scheme: light dark }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1.1rem/1.5 system-ui, sans-serif }
  main { max-width: 34rem; padding: 2rem }
  h1 { font-size: 1.6rem; margin: 0 0 .5rem }
</style>
<main>
  <h1>${TITLE}</h1>
  <p>${TEXT}</p>
  <p>If you think that this is a mistake, please contact the owner of this site.</p>
</main>
</html>
`;

/** RFC 9457. */
const PROBLEM = JSON.stringify({ type: 'about:blank', title: TITLE, status: 403, detail: TEXT });

const HTML_RESPONSE = respond('text/html; charset=utf-8', PAGE);
const JSON_RESPONSE = respond('application/problem+json; charset=utf-8', PROBLEM);
const TEXT_RESPONSE = respond('text/plain; charset=utf-8', `${TITLE}. ${TEXT}\n`);

/**
 * The answer to a banned client: 403, as a page, as JSON or as text, whichever its `Accept` names first; text when it does not care.
 * The answers hold nothing of the request, so nothing has to be escaped.
 */
export function banResponse(accept: string | undefined): BouncerResponse {
  const places = [
    { response: HTML_RESPONSE, at: place(accept, ['text/html', 'application/xhtml+xml']) },
    { response: JSON_RESPONSE, at: place(accept, ['application/json', 'application/problem+json']) },
    { response: TEXT_RESPONSE, at: place(accept, ['text/plain']) },
  ].filter(({ at }) => at >= 0);
  const [first] = places.sort((a, b) => a.at - b.at);
  return first?.response ?? TEXT_RESPONSE;
}

function place(accept: string | undefined, types: readonly string[]): number {
  const found = types.map((type) => accept?.toLowerCase().indexOf(type) ?? -1).filter((at) => at >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

function respond(contentType: string, body: string): BouncerResponse {
  return Object.freeze({ status: 403, headers: Object.freeze({ ...HEADERS, 'content-type': contentType }), body });
}
