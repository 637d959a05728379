import { CrowdsecError, excerpt } from '../errors.js';
import { bodyOf } from './response-body.js';

/** What an error body may say at most, quoted in a message of ours. */
const MAX_QUOTE_CHARS = 300;
/** What is read of an answer that is no success; the rest of it is not waited for. */
const ERROR_BYTES = 16 * 1024;

/** An answer is larger than any such answer is. */
export class AnswerTooLarge extends Error {
  constructor(maxBytes: number) {
    super(`more than ${maxBytes} bytes, which is more than any such answer has: check what answers at this address`);
  }
}

/**
 * The text of an answer; of one that is no success, its first 16 KiB.
 *
 * @param maxBytes how large a successful one may be, after decompression
 * @throws AnswerTooLarge
 */
export async function readText(response: Response, maxBytes: number, signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  const most = response.ok ? maxBytes : ERROR_BYTES;
  let bytes = 0;
  let text = '';
  for await (const chunk of bodyOf(response, signal)) {
    bytes += chunk.byteLength;
    if (bytes > most) {
      if (response.ok) throw new AnswerTooLarge(maxBytes);
      return text + decoder.decode(chunk.subarray(0, most - bytes), { stream: true });
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * The answer to a call, parsed; `undefined` for an empty one.
 *
 * @param name of the call, for the message
 * @param from who answered, in parentheses, for the message
 * @throws CrowdsecError `CROWDSEC_API_MALFORMED`
 */
export function parseAnswer(text: string, name: string, from: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const message = `${name} was answered by something that is not JSON: ${quoteAnswer(text)} ${from}. Check what answers at this address: it may be a portal or a proxy`;
    throw new CrowdsecError('CROWDSEC_API_MALFORMED', message, { cause });
  }
}

/** The message of an error body: `message` and `errors` of a JSON one, else its text; one line, cut. */
export function quoteAnswer(text: string): string {
  let said = text;
  try {
    const body = JSON.parse(text) as { message?: unknown; errors?: unknown } | null;
    const parts = [body?.message, body?.errors].filter((part) => typeof part === 'string' && part !== '');
    if (parts.length > 0) said = parts.join(' – ');
  } catch {
    // Not JSON: quoted as it is.
  }
  return excerpt(said, MAX_QUOTE_CHARS);
}
