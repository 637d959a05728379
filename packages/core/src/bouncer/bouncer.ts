import type { Logger } from '../logger.js';
import type { IpRemediation } from '../remediation/ip-remediation.js';
import { banResponse } from './ban-response.js';
import { clientIpRule, type ClientIp, type TrustedProxies } from './client-ip.js';
import type { BlockVerdict, PassVerdict, RequestFacts, RequestHeaders, Verdict } from './verdict.js';

export interface BouncerOptions {
  readonly getIpRemediation: (ip: string) => IpRemediation;
  readonly logger: Logger;
  /** Nobody by default: then the peer of the connection is the client. */
  readonly trustedProxies?: TrustedProxies;
  /** The header in which trusted proxies tell the client, a comma-separated list. */
  readonly ipHeader: string;
  /** `log` lets everybody pass and logs whom it would have blocked. */
  readonly mode: 'enforce' | 'log';
  /** For a request that comes before any decision was loaded. */
  readonly onUnavailable: 'pass' | 'block';
  /** For a request whose client can't be told. */
  readonly onInvalidIp: 'pass' | 'block';
  /** For a remediation that nothing here serves, such as a captcha. */
  readonly onUnhandled: 'pass' | 'block';
}

/** Turns the facts of a request into a verdict. It knows no framework. */
export class Bouncer {
  readonly #options: BouncerOptions;
  readonly #clientIp: (facts: RequestFacts) => ClientIp;
  #warned = false;

  constructor(options: BouncerOptions) {
    this.#options = options;
    this.#clientIp = clientIpRule(options);
  }

  /** What to do with a request. Synchronous, and never throws, whatever the request holds. */
  inspect(facts: RequestFacts): Verdict {
    try {
      return this.#judge(facts);
    } catch (error) {
      this.#options.logger.error(`A request passes unjudged: ${error instanceof Error ? error.message : String(error)}`);
      return pass(undefined, { remediation: 'bypass', origin: 'invalid' });
    }
  }

  #judge(facts: RequestFacts): Verdict {
    const { ip, disbelieved } = this.#clientIp(facts);
    if (disbelieved) this.#warnOfProxy();
    const found = ip === undefined ? UNKNOWN_CLIENT : this.#options.getIpRemediation(ip);
    if (this.#fate(found) === 'pass') return pass(ip, found);
    if (this.#options.mode === 'log') {
      this.#options.logger.info(`Would block ${ip ?? 'an unknown client'}: ${found.remediation} by ${found.origin}.`);
      return pass(ip, found);
    }
    return block(ip, found, facts.headers);
  }

  #fate({ remediation, origin }: IpRemediation): 'pass' | 'block' {
    const { onUnavailable, onInvalidIp, onUnhandled } = this.#options;
    if (origin === 'unavailable') return onUnavailable;
    if (origin === 'invalid') return onInvalidIp;
    if (remediation === 'bypass') return 'pass';
    return remediation === 'ban' ? 'block' : onUnhandled;
  }

  #warnOfProxy(): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#options.logger.warn(
      `A request told of its client in ${this.#options.ipHeader}, and its peer is not a trusted proxy: the header was not believed. ` +
        'If a proxy stands in front of this application, name it in `trustedProxies`.',
    );
  }
}

const UNKNOWN_CLIENT: IpRemediation = { remediation: 'bypass', origin: 'invalid' };

function pass(ip: string | undefined, { remediation, origin }: IpRemediation): PassVerdict {
  return { action: 'pass', ip, remediation, origin };
}

function block(ip: string | undefined, { remediation, origin }: IpRemediation, headers: RequestHeaders): BlockVerdict {
  const response = banResponse(acceptOf(headers));
  return {
    action: 'block',
    ip,
    remediation,
    origin,
    response,
    toResponse: () => new Response(response.body, { status: response.status, headers: response.headers }),
  };
}

function acceptOf(headers: RequestHeaders): string | undefined {
  if (typeof headers.get === 'function') return headers.get('accept') ?? undefined;
  const { accept } = headers as { accept?: string | readonly string[] };
  return typeof accept === 'object' ? accept.join(',') : accept;
}
