/** Texts that visitors may have written: they are cut and cleaned, and nothing in them makes the caller throw. */

/** How long the message of a signal may be, in characters. */
export const MESSAGE_LENGTH = 1_000;
/** How many facts a signal may carry for the console, and how long their names and texts may be, in characters. */
const CONTEXT_PAIRS = 20;
export const CONTEXT_KEY_LENGTH = 255;
const CONTEXT_VALUE_LENGTH = 4_000;
/** The longest text that is quoted as somebody's address, in characters. */
const ADDRESS_LENGTH = 100;

/** What the bytes of a text without special characters are written to, to copy it. */
const SCRATCH = Buffer.alloc(CONTEXT_VALUE_LENGTH);

/** Texts of which a copy has the same characters. */
const PLAIN = /^[\t\n\r\x20-\x7e]*$/;

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
  return copyOf(cut(text, length));
}

/** Through bytes and back: that replaces lone surrogates, and what is kept does not hold on to the longer text that it was cut from. */
function copyOf(text: string): string {
  if (text.length > SCRATCH.length || !PLAIN.test(text)) return Buffer.from(text).toString().replace(CONTROL, '\ufffd');
  return SCRATCH.toString('latin1', 0, SCRATCH.write(text, 'latin1'));
}

/**
 * The facts as pairs of texts: at most 20, those without a name or a text left out. Anything but an object has none, and neither has
 * one that can't be read.
 */
export function visitorContext(given: unknown): readonly (readonly [key: string, value: string])[] {
  if (typeof given !== 'object' || given === null) return NO_PAIRS;
  try {
    return pairsOf(given);
  } catch {
    return NO_PAIRS;
  }
}

function pairsOf(given: object): readonly (readonly [key: string, value: string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (const [name, fact] of Object.entries(given)) {
    if (pairs.length >= CONTEXT_PAIRS) break;
    const value = visitorText(fact, CONTEXT_VALUE_LENGTH);
    if (name !== '' && value !== undefined) pairs.push([visitorText(name, CONTEXT_KEY_LENGTH) ?? '', value]);
  }
  return pairs;
}

const NO_PAIRS: readonly (readonly [key: string, value: string])[] = Object.freeze([]);

/** What was given as an address, for messages and events. It may hold on to the longer text that it was cut from. */
export function addressText(given: unknown): string {
  if (typeof given === 'string' && given.length <= ADDRESS_LENGTH && PLAIN.test(given)) return given;
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
  const { ip, range } = input;
  const hasIp = ip !== undefined && ip !== null;
  const hasRange = range !== undefined && range !== null;
  if (hasIp) return hasRange ? undefined : { kind: 'ip', given: ip };
  if (hasRange) return { kind: 'range', given: range };
  if ('ip' in input) return { kind: 'ip', given: ip };
  return 'range' in input ? { kind: 'range', given: range } : undefined;
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
