import type { BucketOptions, DetectionEvent, Extension } from '@crowdsec-sdk/core';
import { countingScenario, type Counted } from './counting-scenario.js';
import { bucketOf, type CountingOptions } from './scenario-options.js';

export interface Http404Options extends CountingOptions {
  /** The lower threshold: beyond it CrowdSec is told, and nothing is done. 20 at once, one every 10 s, by default. */
  readonly whisper?: Partial<BucketOptions> | undefined;
}

/**
 * Probing for paths that do not exist: different ones that the application itself answered with 404.
 *
 * More than 20 at once are whispered about; a page with ten broken images is not. More than 80 at once, or more than 12
 * a minute for long, ban: a crawler that walks old links at one a second gets there after a minute and a half, one that
 * takes its time never does.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function http404(options: Http404Options): Extension {
  return countingScenario({
    name: 'http-404',
    behavior: 'http:scan',
    options,
    rules: [
      {
        name: 'whisper',
        on: ['response'],
        bucket: bucketOf(options.whisper, { capacity: 20, leakspeed: '10s', blackhole: '5m' }),
        path: 'options.whisper',
        counts: missing,
        signal: 'whisper',
      },
      {
        name: 'decision',
        on: ['response'],
        bucket: bucketOf(options, { capacity: 80, leakspeed: '5s', blackhole: '5m' }),
        counts: missing,
        signal: 'decision',
      },
    ],
  });
}

function missing(event: DetectionEvent): Counted | undefined {
  return event.kind === 'response' && event.status === 404 ? { distinct: event.path } : undefined;
}
