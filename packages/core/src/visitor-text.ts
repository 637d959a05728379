/** Texts that visitors may have written: they are cut and cleaned, and nothing in them makes the caller throw. */

/** How long the message of a signal may be, in characters. */
export const MESSAGE_LENGTH = 1_000;
/** How many facts a signal may carry for the console, and how long their names and texts may be, in characters. */
export const CONTEXT_PAIRS = 20;
export const CONTEXT_KEY_LENGTH = 255;
export const CONTEXT_VALUE_LENGTH = 4_000;
/** The longest text that is quoted as somebody's address, in characters. */
const ADDRESS_LENGTH = 100;

/** Control characters, line breaks and tabs aside. */
const CONTROL = /(?![\t\n\r])\p{Cc}/gu;

/**
 * The value as a text of at most `length` UTF-16 code units. No character is cut in half; lone surrogates and control characters become
 * U+FFFD. Objects, such as a query parser makes of `?name[a]=b`, become their JSON. `undefined` for what has no text: `undefined`, `null`,
 * functions, symbols, and what can't be written as JSON.
 */
export function visitorText(value: unknown, length: number): string | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  // Through bytes and back: that replaces lone surrogates, and what is kept does not hold on to the longer text that it was cut from.
  return Buffer.from(cut(text, length)).toString().replace(CONTROL, '\ufffd');
}

/** The facts as pairs of texts: at most 20, those without a name or a text left out. Anything but an object has none. */
export function visitorContext(given: unknown): readonly (readonly [key: string, value: string])[] {
  if (typeof given !== 'object' || given === null) return [];
  const pairs: (readonly [string, string])[] = [];
  for (const [name, fact] of Object.entries(given)) {
    if (pairs.length >= CONTEXT_PAIRS) break;
    const value = visitorText(fact, CONTEXT_VALUE_LENGTH);
    if (name !== '' && value !== undefined) pairs.push([visitorText(name, CONTEXT_KEY_LENGTH) ?? '', value]);
  }
  return pairs;
}

/** What was given as an address, for messages and events. */
export function addressText(given: unknown): string {
  return visitorText(given, ADDRESS_LENGTH) ?? '';
}

/**
 * The address or range that was named, if exactly one was. One that is named and has no value, as `{ ip: verdict.ip }` for a client that
 * nobody can tell, is named all the same: visitors can bring that about. `undefined` when none was named, or both.
 */
export function namedTarget(input: {
  readonly ip?: unknown;
  readonly range?: unknown;
}): { readonly kind: 'ip' | 'range'; readonly given: unknown } | undefined {
  const named = (['ip', 'range'] as const).filter((kind) => kind in input);
  const given = named.filter((kind) => input[kind] !== undefined && input[kind] !== null);
  const [kind] = given.length > 0 ? given : named;
  return kind === undefined || given.length > 1 ? undefined : { kind, given: input[kind] };
}

function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? undefined : jsonOf(value);
    default:
      return undefined;
  }
}

function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  const endsInHalf = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, endsInHalf ? length - 1 : length);
}
