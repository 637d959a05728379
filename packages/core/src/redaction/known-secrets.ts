/** Shorter texts than this are found in any message; nothing of the kind is a secret. */
const MIN_SECRET_CHARS = 4;
/** Of secrets at least this long, parts are found as well: an excerpt may begin or end within one. */
const MIN_CHARS_WITH_PARTS = 16;
/** So many characters in a row are a part of a secret. */
const PART_CHARS = 8;
/** Of longer forms only every fourth part is looked up, so that a part of them is found from 11 characters on. */
const LONG_FORM_CHARS = 128;
const LONG_FORM_STEP = 4;
/** What is kept at most; the ones that were used last stay. Tokens give way sooner, for they change every hour. */
const MAX_SECRETS = 1_000;
const MAX_TOKENS = 32;

/** Where a secret begins and ends in a text. */
export type Span = readonly [start: number, end: number];

interface Part {
  readonly form: string;
  readonly at: number;
}

/** Finds known texts, and parts of them, in other texts: as they are, JSON-escaped, URL-encoded, HTML-escaped or in hex. */
export class KnownSecrets {
  readonly #forms = new Map<string, ReadonlySet<string>>();
  #parts: Map<string, Part> | undefined;

  add(secret: string): void {
    if (secret.length < MIN_SECRET_CHARS) return;
    const forms = this.#forms.get(secret);
    this.#forms.delete(secret);
    this.#forms.set(secret, forms ?? formsOf(secret));
    if (forms !== undefined) return;
    this.#parts = undefined;
    this.#forget(isToken, MAX_TOKENS);
    this.#forget(() => true, MAX_SECRETS);
  }

  clear(): void {
    this.#forms.clear();
    this.#parts = undefined;
  }

  /** The spans of all that is known, as they are found; they may overlap. */
  spansIn(text: string): Span[] {
    const spans: Span[] = [];
    for (const forms of this.#forms.values()) {
      for (const form of forms) {
        for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length))
          spans.push([at, at + form.length]);
      }
    }
    const parts = (this.#parts ??= partsOf([...this.#forms].filter(hasParts).flatMap(([, forms]) => [...forms])));
    for (let at = 0; parts.size > 0 && at + PART_CHARS <= text.length; at++) {
      const part = parts.get(text.slice(at, at + PART_CHARS));
      if (part === undefined) continue;
      const span = extended(text, at, part);
      spans.push(span);
      at = span[1] - 1;
    }
    return spans;
  }

  /** The oldest of a kind go when there are too many. */
  #forget(isOfKind: (secret: string) => boolean, most: number): void {
    const ofKind = [...this.#forms.keys()].filter(isOfKind);
    for (const secret of ofKind.slice(0, Math.max(0, ofKind.length - most))) this.#forms.delete(secret);
  }
}

function isToken(secret: string): boolean {
  return secret.startsWith('eyJ');
}

function hasParts([secret]: readonly [string, unknown]): boolean {
  return secret.length >= MIN_CHARS_WITH_PARTS;
}

function formsOf(secret: string): ReadonlySet<string> {
  const json = inJson(secret);
  const url = encodeURIComponent(Buffer.from(secret).toString());
  return new Set([
    secret,
    json,
    inJson(json),
    url,
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams([['', secret]]).toString().slice(1),
    secret.replace(/[&<>"']/g, (char) => HTML_ENTITIES[char] ?? char),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('hex').toUpperCase(),
  ]);
}

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** As it stands within the quotes of a JSON string. */
function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function partsOf(forms: readonly string[]): Map<string, Part> {
  const parts = new Map<string, Part>();
  for (const form of forms) {
    const step = form.length > LONG_FORM_CHARS ? LONG_FORM_STEP : 1;
    for (let at = 0; at + PART_CHARS <= form.length; at += step)
      parts.set(form.slice(at, at + PART_CHARS), { form, at });
  }
  return parts;
}

/** The whole of what a text and a secret share around a part that was found. */
function extended(text: string, found: number, { form, at }: Part): Span {
  let before = 0;
  while (before < Math.min(found, at) && text[found - before - 1] === form[at - before - 1]) before++;
  let after = PART_CHARS;
  while (at + after < form.length && found + after < text.length && text[found + after] === form[at + after]) after++;
  return [found - before, found + after];
}
