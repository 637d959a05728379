import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { IpRemediation } from '../remediation/ip-remediation.js';
import type { Scheduler } from '../scheduler.js';
import type { ClientIpOptions } from './client-ip.js';
import type { Remedy, RemedyEndpoint } from './remedy.js';
import type { RequestInspector } from './request-inspector.js';
import type { RequestObserver } from './request-observer.js';
import type { RequestUsage } from './request-usage.js';
import type { Skip } from './skip-rule.js';
import type { VerdictFacts } from './verdict.js';

export interface BouncerOptions extends ClientIpOptions {
  readonly getIpRemediation: (ip: string) => IpRemediation;
  /** What each remediation does to a request: `{ ban: banRemedy() }`, and yours beside it. */
  readonly remedies: Readonly<Record<string, Remedy>>;
  readonly logger?: Logger | undefined;
  /** Ends the wait for a remedy. */
  readonly scheduler?: Scheduler | undefined;
  /** Requests that nobody looks at; none by default. */
  readonly skip?: Skip | undefined;
  /** `log` lets everybody pass and logs whom it would have blocked; `enforce` by default. */
  readonly mode?: 'enforce' | 'log' | undefined;
  /** For a request that comes before any decision was loaded; `pass` by default, as those below. */
  readonly onUnavailable?: 'pass' | 'block' | undefined;
  /** For a request whose client can't be told. One whose connection was reset never goes on. */
  readonly onInvalidIp?: 'pass' | 'block' | undefined;
  /** For a remediation that no remedy serves. */
  readonly onUnhandled?: 'pass' | 'block' | undefined;
  /** For a request that can't be judged: a remedy or another function of yours threw, or took too long. */
  readonly onError?: 'pass' | 'block' | undefined;
  /** What is served beside the application: the endpoint of the captcha. */
  readonly endpoint?: RemedyEndpoint | undefined;
  /** Hears of each request that is blocked, or would be but for `mode: 'log'`. */
  readonly onBlocked?: ((blocked: BlockedRequest) => void) | undefined;
  /** Counts what is done with requests, for whoever is told of it. */
  readonly usage?: RequestUsage | undefined;
  /** Hears of all requests whose client is known, and may decide about them. */
  readonly observer?: RequestObserver | undefined;
  /** Is asked about requests that are let through, before their handlers run. */
  readonly inspector?: RequestInspector | undefined;
  readonly clock?: Clock | undefined;
}

/** A request that was blocked, or would have been. */
export interface BlockedRequest extends VerdictFacts {
  readonly method: string;
  readonly path: string;
  /** False in `mode: 'log'`. */
  readonly enforced: boolean;
}
