import type { Outcome } from './detector.js';

const MAX_MESSAGE_CHARS = 1_000;
const MAX_PAIRS = 20;
const MAX_NAME_CHARS = 255;
const MAX_VALUE_CHARS = 4_000;

/**
 * An outcome whose texts have at most the length that a signal may carry. A detector quotes what a visitor sent: a visitor who sends a
 * lot must not make the outcome invalid. What has a wrong type stays as it is, for the check that follows to refuse.
 */
export function cutOutcome(outcome: Outcome): Outcome {
  const { message, context } = outcome;
  if (message === undefined && context === undefined) return outcome;
  return {
    ...outcome,
    ...(typeof message === 'string' && { message: cutText(message, MAX_MESSAGE_CHARS) }),
    ...(isRecord(context) && { context: cutContext(context) }),
  };
}

/** Pairs without a name or a value are left out, and so are those beyond the twentieth. */
function cutContext(context: Readonly<Record<string, unknown>>): NonNullable<Outcome['context']> {
  const pairs = Object.entries(context)
    .filter(([name, value]) => name !== '' && value !== undefined && value !== null)
    .slice(0, MAX_PAIRS)
    .map(([name, value]) => [cutText(name, MAX_NAME_CHARS), cutValue(value)]);
  return Object.fromEntries(pairs) as NonNullable<Outcome['context']>;
}

/** `NaN` and infinities, which JSON does not have, are told as text. */
function cutValue(value: unknown): unknown {
  if (typeof value === 'string') return cutText(value, MAX_VALUE_CHARS);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** The first characters of a text; a character of two code units is not divided. */
function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
