import { canonicalIp, formatIp, parseIp, type IpAddress } from '../ip/address.js';
import { silentLogger } from '../logger.js';
import { SynchronousOptions } from '../synchronous-options.js';
import { chainReader } from './forwarded-chain.js';
import { trustRule, trustsEverybody, type IsTrusted, type TrustedProxies } from './trusted-proxies.js';
import { readHeader, type RequestFacts, type RequestHeaders } from './verdict.js';

export interface ClientIpOptions {
  /** Nobody by default: then the peer of the connection is the client. */
  readonly trustedProxies?: TrustedProxies | undefined;
  /**
   * The header in which trusted proxies tell the client: `x-forwarded-for` by default and any other comma-separated
   * chain, `forwarded` (RFC 7239), or one that holds a single address: `x-real-ip`, `cf-connecting-ip`,
   * `true-client-ip`.
   */
  readonly ipHeader?: string | undefined;
  /** Tells the client in place of the two above; `undefined` when it can't. */
  readonly clientIp?: ((facts: RequestFacts) => string | undefined) | undefined;
}

export interface ClientIp {
  /** The client in canonical spelling; `undefined` when nothing usable tells it. */
  readonly ip: string | undefined;
  /** A header told of a client and was not believed (`disbelieved`), or would be whatever it said (`anybody`). */
  readonly doubt?: 'disbelieved' | 'anybody' | undefined;
}

/** Tells who is calling. */
export interface ClientIpRule {
  (facts: RequestFacts): ClientIp;
  /** Whether it can tell a client where the host knows no peer address. */
  readonly worksWithoutPeer: boolean;
}

/**
 * Makes the rule that tells the client of a request.
 *
 * The peer of the connection is the client, unless it is a trusted proxy: then the header is read from its right end,
 * where the nearest proxy wrote, up to the first address that is not a trusted proxy too.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for a bad address in `trustedProxies`
 */
export function clientIpRule(
  { clientIp, ...proxies }: ClientIpOptions,
  synchronous: SynchronousOptions = new SynchronousOptions(silentLogger),
): ClientIpRule {
  const byProxies = proxiesRule(proxies, synchronous);
  if (clientIp === undefined) return byProxies;
  const rule = (facts: RequestFacts): ClientIp => {
    const answer: unknown = clientIp(facts);
    if (synchronous.refuses('options.clientIp', answer)) return byProxies(facts);
    return { ip: typeof answer === 'string' ? canonicalHop(answer) : undefined };
  };
  return Object.assign(rule, { worksWithoutPeer: true });
}

function proxiesRule(
  { trustedProxies = 0, ipHeader = 'x-forwarded-for' }: Omit<ClientIpOptions, 'clientIp'>,
  synchronous: SynchronousOptions,
): ClientIpRule {
  const headerName = ipHeader.toLowerCase();
  if (trustsNobody(trustedProxies)) return Object.assign(peerRule(headerName), { worksWithoutPeer: false });
  const rule = proxyRule(trustedProxies, headerName, trustRule(trustedProxies, synchronous));
  return Object.assign(rule, { worksWithoutPeer: typeof trustedProxies === 'number' });
}

function trustsNobody(trusted: TrustedProxies): boolean {
  return trusted === 0 || (Array.isArray(trusted) && trusted.length === 0);
}

function peerRule(headerName: string): (facts: RequestFacts) => ClientIp {
  const isProxyHeader = PROXY_HEADERS.includes(headerName);
  return ({ remoteAddress, headers }) => {
    const ip = canonicalHop(remoteAddress);
    const hasClientHeader =
      hasProxyHeader(headers) || (!isProxyHeader && readHeader(headers, headerName) !== undefined);
    return { ip, doubt: hasClientHeader ? 'disbelieved' : undefined };
  };
}

const PROXY_HEADERS: readonly string[] = ['x-forwarded-for', 'forwarded', 'x-real-ip'];

/**
 * Whether there is a header that proxies commonly send, whatever the option says: for the warning that they are not trusted. For Node's headers the
 * names are written out: to read a property by a name in a variable takes several times as long, and every request comes by here.
 */
function hasProxyHeader(headers: RequestHeaders): boolean {
  if (typeof headers.get === 'function') {
    return PROXY_HEADERS.some((name) => readHeader(headers, name) !== undefined);
  }
  const { 'x-forwarded-for': chain, forwarded, 'x-real-ip': single } = headers as Readonly<Record<string, unknown>>;
  return chain !== undefined || forwarded !== undefined || single !== undefined;
}

function proxyRule(
  trustedProxies: TrustedProxies,
  headerName: string,
  isTrusted: IsTrusted,
): (facts: RequestFacts) => ClientIp {
  const readChain = chainReader(headerName);
  const isPlain = headerName !== 'forwarded';
  const peerOf = typeof trustedProxies === 'function' ? readPeer(isTrusted) : rememberLast(readPeer(isTrusted));
  let isEverybodyTrusted: boolean | undefined;

  /** Most chains are one address, and then it is the client whether it is trusted or not. */
  const clientIn = (header: string, peer: string | undefined): string | undefined => {
    if (!isPlain || header === '') return clientOf(readChain(header), peer, isTrusted);
    // Spelled otherwise it may still be a chain: all of `fe80::1%x,192.0.2.1` is an address with a zone, too.
    const single = canonicalIp(header);
    if (single === header) return single;
    return header.includes(',') ? clientOf(readChain(header), peer, isTrusted) : canonicalHop(header);
  };

  return ({ remoteAddress, headers }) => {
    const peer = peerOf(remoteAddress);
    const header = readHeader(headers, headerName);
    if (header === undefined) return { ip: peer.ip, doubt: undefined };
    if (!peer.trusted) return { ip: peer.ip, doubt: 'disbelieved' };
    const ip = clientIn(header, peer.ip);
    isEverybodyTrusted ??= trustsEverybody(isTrusted);
    return { ip, doubt: isEverybodyTrusted ? 'anybody' : undefined };
  };
}

/** The first that no trusted proxy is, from the nearest on; the last one if all are. */
function clientOf(
  chain: Iterable<string | undefined>,
  peer: string | undefined,
  isTrusted: IsTrusted,
): string | undefined {
  let client = peer;
  let hops = 0;
  for (const text of chain) {
    const address = text === undefined ? undefined : parseHop(text);
    // A trusted proxy tells something that is no address (`unknown`, an obfuscated name): nobody knows the client.
    if (address === undefined) return undefined;
    client = formatIp(address);
    if (!isTrusted(address, ++hops)) break;
  }
  return client;
}

interface Peer {
  readonly ip: string | undefined;
  readonly trusted: boolean;
}

function readPeer(isTrusted: IsTrusted): (remoteAddress: string | undefined) => Peer {
  return (remoteAddress) => {
    const address = parseHop(remoteAddress ?? '');
    return { ip: address && formatIp(address), trusted: isTrusted(address, 0) };
  };
}

/** A proxy hands on many requests in a row. */
function rememberLast(read: (remoteAddress: string | undefined) => Peer): (remoteAddress: string | undefined) => Peer {
  let last: string | undefined;
  let peer = read(last);
  return (remoteAddress) => {
    if (remoteAddress !== last) {
      peer = read(remoteAddress);
      last = remoteAddress;
    }
    return peer;
  };
}

/** An address as proxies write it: also `[2001:db8::1]:443`, `192.0.2.1:8080`, with quotes, and with a zone. */
function parseHop(text: string): IpAddress | undefined {
  const address = parseIp(text);
  if (address !== undefined) return address;
  const bare = text.trim().replace(/^"(.*)"$/, '$1');
  const inner = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(bare)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(bare)?.[1] ?? bare;
  return parseIp(inner);
}

/** The canonical spelling of a hop. */
function canonicalHop(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const plain = canonicalIp(text);
  if (plain !== undefined) return plain;
  const address = parseHop(text);
  return address && formatIp(address);
}
