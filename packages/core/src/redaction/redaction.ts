import { KnownSecrets, type Span } from './known-secrets.js';

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]';

/** What is read of a text; no message needs more. */
const MAX_TEXT_CHARS = 16 * 1024;

/** Changes with what {@link KnownSecrets} offers: copies of different versions may share it. */
const KEY = Symbol.for('@crowdsec-sdk/core:known-secrets:1');
let found: KnownSecrets | undefined;

/**
 * One for all copies of this module: a process may have one as an ES module, one as CommonJS, and those in bundles. Not enumerable, so
 * that nobody meets it who lists what is global.
 */
function known(): KnownSecrets {
  if (found !== undefined) return found;
  const place = globalThis as { [KEY]?: KnownSecrets };
  if (place[KEY] === undefined) Object.defineProperty(place, KEY, { value: new KnownSecrets() });
  return (found = place[KEY]!);
}

/**
 * Makes a text known as a secret: from now on {@link redact} finds it in every text of this process. Shared by all agents of it, since
 * an error of one may be logged by another.
 */
export function knowSecret(secret: string): void {
  known().add(secret);
}

/** Forgets all secrets: for tests, which share a process with others. */
export function forgetSecrets(): void {
  known().clear();
}

/** Makes the credentials known that a URL holds: user and password, and what looks like a key in its query. */
export function knowSecretsOfUrl(url: string): void {
  const { username = '', password = '', searchParams } = URL.canParse(url) ? new URL(url) : {};
  for (const text of [password, decoded(password)]) knowSecret(text);
  for (const text of [username, decoded(username)]) if (looksRandom(text)) knowSecret(text);
  for (const [name, value] of searchParams ?? []) if (SECRET_NAME.test(name) || looksRandom(value)) knowSecret(value);
}

/**
 * A text from outside as it may be logged, thrown, emitted or shown. Passwords, tokens and keys that are known give way to `[redacted]`,
 * whole or in parts, as they are or encoded; so does what looks like one. URLs lose their user, password, query and fragment.
 *
 * Redact before a text is cut: half a secret is harder to find. What is longer than 16,384 characters is cut here.
 */
export function redact(text: string): string {
  const cut = text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)}…` : text;
  return withoutPatterns(withoutSpans(cut, [...known().spansIn(cut), ...spansOfPatterns(cut), ...spansInBase64(cut)]));
}

/** Names of what holds a secret: of a JSON member, of a parameter, of a header. */
const NAME =
  '(?:[\\w-]{0,40}(?:password|passwd|token|secret|credential|signature|api[_-]?key|jwt)[\\w-]{0,40}|authorization|sig|key|auth)';
const SECRET_NAME = new RegExp(`^${NAME}$`, 'i');
/** A quote in JSON, in JSON within JSON, URL-encoded or in HTML. */
const QUOTE = '(?:\\\\{0,8}["\']|%22|&quot;|&#34;)';
/** A JSON member, whose value may be cut off. */
const MEMBER = new RegExp(`(${QUOTE}${NAME}${QUOTE}\\s*(?::|%3A)\\s*${QUOTE})((?:(?!${QUOTE}).)+)`, 'gis');
/** A parameter of a query, a form or a line of settings. */
const PARAMETER = new RegExp(`((?:^|[\\s?&;,"'(])${NAME}=)([^\\s&;,"'<>)]+)`, 'gi');
const HEADER = /(\b(?:Bearer|Basic)\s+)((?=[^\s"',;]*[\d[])[^\s"',;]{8,})/gi;
/** A JWT, whole or cut off anywhere behind its first characters. */
const JWT = /eyJ[\w-]{5,}(?:\.[\w-]*){0,4}/g;
/** What remains of a JWT that was cut off at its beginning: long, with digits and letters of both cases. 48 of them are a machine id. */
const RANDOM_RUN = /(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?![A-Za-z0-9]{48}(?![\w-]))[\w-]{40,}/g;
const URL_IN_TEXT = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s"'<>\\]*)/gi;
/** What `JSON.parse` quotes of a text that it does not like. */
const JSON_EXCERPT = /(Unexpected (?:token .{1,4}|[a-z -]+?)),? (?:\.\.\.)?".*?"(?:\.\.\.)? is not valid JSON/gs;

function withoutPatterns(text: string): string {
  return text
    .replace(JSON_EXCERPT, '$1: it is not valid JSON')
    .replace(URL_IN_TEXT, (_, scheme: string, rest: string) => scheme + withoutCredentials(rest))
    .replace(JWT, REDACTED)
    .replace(MEMBER, `$1${REDACTED}`)
    .replace(PARAMETER, `$1${REDACTED}`)
    .replace(HEADER, `$1${REDACTED}`)
    .replace(RANDOM_RUN, REDACTED);
}

function withoutCredentials(afterScheme: string): string {
  const authority = /^[^/?#]*/.exec(afterScheme)?.[0] ?? '';
  const path = afterScheme.slice(authority.length).replace(/[?#].*$/s, '');
  return authority.slice(authority.lastIndexOf('@') + 1) + path;
}

/**
 * What looks like a secret, found in the text before anything in it is replaced: a known secret that is a part of one, or of the name
 * before it, would hide the rest.
 */
function spansOfPatterns(text: string): Span[] {
  return [JWT, MEMBER, PARAMETER, HEADER, RANDOM_RUN].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ 0: match, 1: name, 2: value, index }): Span => {
      const start = name === undefined || value === undefined ? index : index + name.length;
      return [start, index + match.length];
    }),
  );
}

/** Runs of base64, whatever their alphabet, in which something sensitive is written. */
function spansInBase64(text: string): Span[] {
  return [...text.matchAll(/[A-Za-z0-9+/_-]{12,}={0,2}/g)]
    .filter(([run]) =>
      [0, 1, 2, 3].some((skip) => isSensitive(Buffer.from(run.slice(skip), 'base64').toString('latin1'))),
    )
    .map(({ 0: run, index }) => [index, index + run.length]);
}

function isSensitive(text: string): boolean {
  return known().spansIn(text).length > 0 || [JWT, MEMBER].some((pattern) => text.search(pattern) >= 0);
}

function withoutSpans(text: string, spans: readonly Span[]): string {
  let result = '';
  let at = 0;
  for (const [start, end] of spans.toSorted(([a], [b]) => a - b)) {
    if (end <= at) continue;
    // Spans that meet are one secret.
    if (start > at || at === 0) result += text.slice(at, start) + REDACTED;
    at = end;
  }
  return result + text.slice(at);
}

function looksRandom(text: string): boolean {
  return text.length >= 16 && /\d/.test(text) && /[a-z]/i.test(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
