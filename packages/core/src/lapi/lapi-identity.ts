import { createHash } from 'node:crypto';
import type { StreamFilter } from './stream-client.js';

/** What tells one use of a local API from others. */
export interface LapiIdentity {
  /** The lease for its cursor: one for each address of LAPI and credential. */
  readonly lease: string;
  /** Whose decisions these are: with other filters, they are others. */
  readonly decisions: string;
}

/** Hashes of what LAPI knows us by: they are stored, and tell nobody the key. */
export function lapiIdentity(about: {
  readonly url: string;
  readonly credential: string;
  readonly filter: StreamFilter;
}): LapiIdentity {
  const { url, credential, filter } = about;
  const { scopes, origins = [], scenariosContaining = [], scenariosNotContaining = [] } = filter;
  const cursor = hashOf([url, credential]);
  return {
    lease: `lapi-${cursor}`,
    decisions: hashOf([cursor, scopes, origins, scenariosContaining, scenariosNotContaining]),
  };
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 24);
}
