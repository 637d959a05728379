import type { IncomingMessage } from 'node:http';
import { CrowdsecError, type Clock, type Crowdsec, type Logger, type Scheduler } from '@crowdsec-sdk/core';

/** A request as the panel sees it: that of Node, with what a framework adds. */
export type PanelRequest = IncomingMessage & {
  /** The URL before a router rewrote it. */
  readonly originalUrl?: string;
  /** What a parser read of the body. */
  readonly body?: unknown;
};

/** Says who may see and use the panel. Anything but `true` is no, and so is an error. */
export type Authorize = (request: PanelRequest) => boolean | Promise<boolean>;

export interface PanelOptions {
  /** The agent that it shows. Whoever made it starts and stops it. */
  readonly crowdsec: Crowdsec;
  /** Asked for each request, and each minute for those who watch. There is no panel without it. */
  readonly authorize: Authorize;
  /** Who may read `health` and `metrics.json`, for probes that can't log in; `authorize` by default. */
  readonly authorizeProbe?: Authorize | undefined;
  /** Where it stands, `/crowdsec`, for hosts that do not take the path off the URL themselves; others leave it out. */
  readonly path?: string | undefined;
  /** Hears of errors of `authorize`; the console by default. */
  readonly logger?: Pick<Logger, 'error'> | undefined;
  readonly clock?: Clock | undefined;
  readonly scheduler?: Scheduler | undefined;
}

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of what is wrong */
export function checkPanelOptions({ authorize, authorizeProbe, path }: Partial<PanelOptions>): void {
  if (typeof authorize !== 'function') {
    throw invalid(
      'options.authorize',
      'is required: a function that tells of a request whether it may see the panel, such as (request) => isAdmin(request). There is no default password',
    );
  }
  if (authorizeProbe !== undefined && typeof authorizeProbe !== 'function') {
    throw invalid('options.authorizeProbe', 'must be a function, as authorize is');
  }
  if (path !== undefined && !/^(\/[^/?#]+)+$/.test(path)) {
    throw invalid('options.path', 'must be a path such as /crowdsec, without a slash at the end');
  }
}

/** @throws CrowdsecError `CROWDSEC_OPTION_INVALID` for what is no agent */
export function checkAgent({ crowdsec }: Partial<PanelOptions>): void {
  if (typeof crowdsec !== 'object' || !('bouncer' in crowdsec)) {
    throw invalid('options.crowdsec', 'must be the agent that createCrowdsec() returns');
  }
}

function invalid(path: string, message: string): CrowdsecError {
  return new CrowdsecError('CROWDSEC_OPTION_INVALID', `${path}: ${message}.`, { path });
}
