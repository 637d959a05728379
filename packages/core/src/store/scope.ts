import { createHash } from 'node:crypto';

/** Where one installation's state lives inside a store that others may use too. */
export interface Scope {
  /** In front of every key of a shared store. */
  readonly prefix: string;
  /** The folder below the state folder. */
  readonly folder: string;
}

const READABLE = 40;

/**
 * The scope of one namespace at one API root. The readable parts are for people; the hash, taken over the exact
 * values, is what keeps two installations apart.
 *
 * @param apiRoot the root of the API without version; a trailing slash makes no difference
 */
export function scopeOf(namespace: string, apiRoot: string): Scope {
  const url = URL.canParse(apiRoot) ? new URL(apiRoot) : undefined;
  const root = (url?.href ?? apiRoot).replace(/\/+$/, '');
  const hash = createHash('sha256')
    .update(JSON.stringify([namespace, root]))
    .digest('hex')
    .slice(0, 12);
  const [name, host] = [readable(namespace), readable(url?.host ?? 'api')];
  return {
    // The braces put all keys of an installation into one slot of a Redis cluster. With `::` behind a first part that is
    // no namespace of a Keyv, neither form of `clear()` of @keyv/redis finds them.
    prefix: `{crowdsec-sdk:${name}:${host}-${hash}}::`,
    folder: `${name}@${host}-${hash}`,
  };
}

function readable(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, '-')
      .slice(0, READABLE) || 'default'
  );
}
