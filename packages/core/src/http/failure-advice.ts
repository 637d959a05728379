import { DeadlineExceeded } from '../deadline.js';
import { failureCodes, proxyRefusal } from './failure-reason.js';
import { isLoopback } from './is-loopback.js';
import type { UsedProxy } from './used-proxy.js';

/** Whom a call went to, for messages. */
export interface Destination {
  /** As the operator wrote it, or the origin of a link: `https://api.crowdsec.net`. */
  readonly name: string;
  /** The proxy in between. */
  readonly proxy?: UsedProxy | undefined;
  /** The option that takes the certificate of a private authority; none for hosts on the Internet. */
  readonly caOption?: string | undefined;
}

const CODES = {
  authority:
    /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE|INVALID_CA|CERT_CHAIN_TOO_LONG)$/,
  validity: /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/,
  certificateName: /^(?:ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
  noTls: /^(?:EPROTO|ERR_SSL_.*|HPE_.*)$/,
  hostName: /^(?:ENOTFOUND|EAI_.*)$/,
  noSocket: /^(?:ENOENT|EACCES)$/,
  connection:
    /^(?:ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ETIMEDOUT|EPIPE|EADDRNOTAVAIL|UND_ERR_(?:CONNECT_TIMEOUT|HEADERS_TIMEOUT|BODY_TIMEOUT|SOCKET))$/,
} as const;

/** What to do about a call that got no answer, as a sentence without its end; empty where nothing is known. */
export function failureAdvice(error: unknown, destination: Destination): string {
  const proxyStatus = proxyRefusal(error);
  if (proxyStatus !== undefined && destination.proxy !== undefined) return proxyAdvice(proxyStatus, destination.proxy);
  const codes = error instanceof DeadlineExceeded ? ['ETIMEDOUT'] : failureCodes(error);
  const has = (pattern: RegExp): boolean => codes.some((code) => pattern.test(code));
  if (has(CODES.authority)) return authorityAdvice(destination);
  if (has(CODES.validity)) return 'Check the clock of this machine, and the certificate of the server';
  if (has(CODES.certificateName))
    return 'The certificate is for another host: check the address, and whether something else answers at it';
  if (has(CODES.noTls)) return 'Check port and scheme (http or https): what answers there speaks something else';
  if (has(CODES.hostName)) return nameAdvice(destination);
  if (has(CODES.noSocket)) return 'Check that it runs and listens on this socket, and that this user may open it';
  return has(CODES.connection) ? connectionAdvice(destination) : '';
}

/** What to do about a proxy that answers in place of the host, as a sentence without its end. */
export function proxyAdvice(status: number, { variable }: UsedProxy): string {
  if (status === 407)
    return `The proxy wants to know who calls: give the right USER:PASSWORD@ before its host in ${variable}`;
  return `Ask whoever runs the proxy to let this machine through, or correct ${variable}; hosts in NO_PROXY are called without it`;
}

function authorityAdvice({ caOption }: Destination): string {
  if (caOption !== undefined) {
    return `Node does not know the authority of its certificate: give that authority's certificate in ${caOption}, or name its file in NODE_EXTRA_CA_CERTS`;
  }
  return (
    'Node does not know the authority of its certificate. Where a proxy or a firewall decrypts TLS connections, ' +
    'put the certificate of its authority into a file and name that in NODE_EXTRA_CA_CERTS'
  );
}

function nameAdvice(destination: Destination): string {
  const { proxy } = destination;
  if (proxy !== undefined) return `Check the name of the proxy in ${proxy.variable}, and the DNS of this machine`;
  return `Check the name, and the DNS of this machine${orProxy(destination)}`;
}

function connectionAdvice(destination: Destination): string {
  const { proxy, name } = destination;
  if (proxy !== undefined) return `Check that the proxy runs, and that ${proxy.variable} names the right one`;
  if (!isRemote(destination)) return 'Check that it runs and listens there';
  return `Let this machine connect to ${name}${orProxy(destination)}`;
}

/** Hosts on the Internet may be reached by a proxy alone. */
function orProxy(destination: Destination): string {
  if (!isRemote(destination)) return '';
  const variable = destination.name.startsWith('http:') ? 'HTTP_PROXY' : 'HTTPS_PROXY';
  return `; where only a proxy reaches the Internet, name it in ${variable}`;
}

function isRemote({ name, caOption }: Destination): boolean {
  if (caOption !== undefined || !URL.canParse(name)) return false;
  return !isLoopback(new URL(name).hostname);
}
