import Negotiator from 'negotiator';

export type Format = 'html' | 'json' | 'text';

const OFFERS: Readonly<Record<string, Format>> = {
  'text/plain': 'text',
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'application/json': 'json',
  'application/problem+json': 'json',
};

/** Longer than any browser's; what follows is not worth reading for somebody who is refused. */
const MAX_ACCEPT_CHARS = 1_024;

/** What a client would rather read, by its `Accept` (RFC 9110, with q-values); text when it does not care. */
export function preferredFormat(accept: string | undefined): Format {
  if (accept === undefined) return 'text';
  const type = new Negotiator({ headers: { accept: accept.slice(0, MAX_ACCEPT_CHARS) } }).mediaType(
    Object.keys(OFFERS),
  );
  return OFFERS[type ?? ''] ?? 'text';
}
