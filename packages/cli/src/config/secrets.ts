import { knowSecret, knowSecretsOfUrl } from '@crowdsec-sdk/core/installation';
import type { CrowdsecOptions } from '@crowdsec-sdk/core';

/** What stands in the place of a secret that is shown. */
const MASK = '********';

/** The options that hold a secret. */
const SECRETS: ReadonlySet<string> = new Set([
  'credentials.password',
  'lapi.apiKey',
  'lapi.machine.password',
  'lapi.machine.tls.key',
  'lapi.tls.key',
  'appsec.apiKey',
  'appsec.tls.key',
]);

/** Makes the secrets of these options known, so that no message quotes them. */
export function knowSecretsIn(options: CrowdsecOptions): void {
  if (typeof options.store === 'string') knowSecretsOfUrl(options.store);
  const { credentials, lapi, appsec } = options;
  for (const secret of [credentials?.password, lapi?.apiKey, lapi?.machine?.password, appsec?.apiKey])
    if (typeof secret === 'string') knowSecret(secret);
}

/** Options as they may be shown: secrets masked, and what is no data by its kind. */
export function masked(value: unknown, path = ''): unknown {
  if (SECRETS.has(path) && value !== undefined) return MASK;
  if (path === 'store' && typeof value === 'string') return maskedUrl(value);
  if (typeof value === 'function') return '[function]';
  if (Array.isArray(value)) return value.map((item, i) => masked(item, `${path}[${i}]`));
  if (typeof value !== 'object' || value === null) return value;
  const name = 'name' in value && typeof value.name === 'string' ? ` ${value.name}` : '';
  if (path.startsWith('extensions[')) return `[extension${name}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor.name}]`;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, masked(member, path === '' ? key : `${path}.${key}`)]),
  );
}

function maskedUrl(text: string): string {
  if (!URL.canParse(text)) return MASK;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') url.password = MASK;
  if (url.search !== '') url.search = MASK;
  return url.href;
}
