import type { PanelRequest } from './options.js';

const MAX_BYTES = 4_096;

/**
 * The JSON object in the body of a request, whoever reads it; `undefined` for what is none, or more than 4 KiB.
 */
export async function readBody(request: PanelRequest): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (request.readableEnded || request.body !== undefined) return asObject(request.body);
  let text = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_BYTES) return undefined;
  }
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}
