import type { Logger } from '../logger.js';
import type { ClientIp } from './client-ip.js';

type Doubt = NonNullable<ClientIp['doubt']>;

/** How a server tells its clients' addresses behind proxies, and what goes wrong. */
const HELP =
  'https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Forwarded-For#security_and_privacy_concerns';

const CODES: Readonly<Record<Doubt, string>> = {
  disbelieved: 'CROWDSEC_PROXY_NOT_TRUSTED',
  anybody: 'CROWDSEC_PROXY_TRUSTS_EVERYBODY',
};

const WARNINGS: Readonly<Record<Doubt, string>> = {
  disbelieved:
    'a request told of its client in a forwarded header and came from no trusted proxy: the header was not ' +
    'believed. If a proxy stands in front of this application, every visitor now looks like that proxy: name it in `trustedProxies` (one on this host, also one that connects by a Unix socket, is `loopback`).',
  anybody:
    '`trustedProxies` trusts any address there is, so visitors may call themselves what they like: ' +
    'banned ones get through, and innocent ones get reported. Name the proxies that stand in front of this application.',
};

/** Logs once what is doubtful about the trust in proxies. */
export function proxyWarnings(logger: Logger): (doubt: Doubt) => void {
  const warned = new Set<Doubt>();
  return (doubt) => {
    if (warned.has(doubt)) return;
    warned.add(doubt);
    const code = CODES[doubt];
    logger.warn(`${code}: ${WARNINGS[doubt]} See docs/adapters.md and ${HELP}`, { code });
  };
}
