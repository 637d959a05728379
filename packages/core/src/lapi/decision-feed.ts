import { formatPrefix, parsePrefix } from '../ip/prefix.js';

/** Spellings of one value are told apart by 256 feeds: enough that two of them hardly ever share one. */
const VARIANT_BITS = 8;

/** As LAPI spells the scopes that it knows, since 1.6.4. */
const SCOPES = new Set(['Ip', 'Range', 'Country', 'AS']);

/**
 * The feed of a row of LAPI. An index replaces and deletes by prefix and feed; LAPI by scope, type and the value as it was written. So scope
 * and type are in the name, and what is not in its canonical spelling (`2001:DB8::B`, `198.51.100.7/32`, `BAN`) has a feed of its own, for
 * the end of one spelling is not the end of another.
 */
export function decisionFeed(scope: string, type: string, value: string): string {
  const feed = `lapi:${scope.toLowerCase()}:${type.toLowerCase()}`;
  if (SCOPES.has(scope) && type === type.toLowerCase() && isCanonical(scope, value)) return feed;
  return `${feed}:${hashOf(`${scope}\n${type}\n${value}`) >>> (32 - VARIANT_BITS)}`;
}

const IPV4 = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;

function isCanonical(scope: string, value: string): boolean {
  if (scope === 'Country') return /^[A-Z]{2}$/.test(value);
  if (scope === 'AS') return /^(?:0|[1-9]\d*)$/.test(value);
  if (IPV4.test(value)) return true;
  const prefix = parsePrefix(value);
  return prefix !== undefined && formatPrefix(prefix) === value;
}

/** FNV-1a of 32 bits, mixed once more: texts that differ in their last letters only are far from each other. */
function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
