import { parseIp, formatIp, type IpAddress } from '../ip/address.js';
import { PrefixSet } from '../ip/prefix.js';
import type { RequestFacts, RequestHeaders } from './verdict.js';

/**
 * Who may tell us of a client in a header: `'loopback'`, `'private'` (which includes loopback), addresses and CIDRs, how many
 * proxies stand in front of us, or a function of an address. Nobody by default.
 */
export type TrustedProxies = 'loopback' | 'private' | readonly string[] | number | ((ip: string) => boolean);

/** `true` when the proxy at this address, `hops` proxies away from us (the peer is 0), may be believed. */
type IsTrusted = (address: IpAddress, hops: number) => boolean;

const LOOPBACK = ['127.0.0.0/8', '::1'];
const PRIVATE = [...LOOPBACK, '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'];

/** Nobody can send more hops than this through us; a longer chain is cut at its old end. */
const LONGEST_CHAIN = 64;

export interface ClientIp {
  /** The client in canonical spelling; `undefined` when nothing usable tells it. */
  readonly ip: string | undefined;
  /** A forwarded header came from a peer that is not trusted: it was not believed. */
  readonly disbelieved: boolean;
}

/**
 * Makes the rule that tells the client of a request.
 *
 * The peer of the connection is the client, unless it is a trusted proxy: then the header is read from its right end, where the
 * nearest proxy wrote, up to the first address that is not a trusted proxy too.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a bad address in `trustedProxies`
 */
export function clientIpRule(options: {
  readonly trustedProxies?: TrustedProxies;
  readonly ipHeader: string;
}): (facts: RequestFacts) => ClientIp {
  const isTrusted = trust(options.trustedProxies);
  const headerName = options.ipHeader.toLowerCase();

  return (facts) => {
    const peer = parseHop(facts.remoteAddress ?? '');
    const header = readHeader(facts.headers, headerName);
    if (peer === undefined || !isTrusted(peer, 0)) {
      return { ip: peer && formatIp(peer), disbelieved: header !== undefined };
    }
    let client: IpAddress | undefined = peer;
    const chain = (header ?? '').split(',').slice(-LONGEST_CHAIN);
    for (let hops = 1; hops <= chain.length; hops++) {
      const text = chain[chain.length - hops]!.trim();
      if (text === '') continue;
      const hop = parseHop(text);
      // A trusted proxy tells something that is no address (`unknown`, an obfuscated name): nobody knows the client.
      if (hop === undefined) return { ip: undefined, disbelieved: false };
      client = hop;
      if (!isTrusted(hop, hops)) break;
    }
    return { ip: formatIp(client), disbelieved: false };
  };
}

function trust(trusted: TrustedProxies | undefined): IsTrusted {
  if (trusted === undefined) return () => false;
  if (typeof trusted === 'number') return (_address, hops) => hops < trusted;
  if (typeof trusted === 'function') return (address) => trusted(formatIp(address));
  const texts = trusted === 'loopback' ? LOOPBACK : trusted === 'private' ? PRIVATE : trusted;
  const prefixes = PrefixSet.from(texts, 'options.trustedProxies');
  return (address) => prefixes.has(address);
}

/** An address as proxies write it: also `[2001:db8::1]:443`, `192.0.2.1:8080`, with quotes, and with a zone. */
function parseHop(text: string): IpAddress | undefined {
  const address = parseIp(text);
  if (address !== undefined) return address;
  const bare = text.replace(/^"(.*)"$/, '$1');
  const inner = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(bare)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(bare)?.[1] ?? bare;
  return parseIp(inner);
}

function readHeader(headers: RequestHeaders, name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const value = (headers as Exclude<RequestHeaders, { get(name: string): string | null }>)[name];
  return typeof value === 'object' ? value.join(',') : value;
}
