import type { BucketOptions, DetectionEvent, Extension } from '@crowdsec-sdk/core/extension';
import { countingScenario, type Counted, type CountingRule } from './counting-scenario.js';
import { bucketOf, type CountingOptions } from './scenario-options.js';

export interface Http404Options extends CountingOptions {
  /** The lower threshold: beyond it CrowdSec is told, and nothing is done. 20 at once, one every 5 s, by default. */
  readonly whisper?: Partial<BucketOptions> | undefined;
  /**
   * The threshold that bans for what pages and link checkers ask for by themselves: static resources, HEAD requests and
   * paths that differ in a number or an id alone. 500 at once, one a second, by default.
   */
  readonly resources?: Partial<BucketOptions> | undefined;
  /** The same, beyond which CrowdSec is told. 200 at once, one a second, by default. */
  readonly resourcesWhisper?: Partial<BucketOptions> | undefined;
}

/**
 * Probing for paths that do not exist: different ones that the application itself answered with 404.
 *
 * More than 20 at once, or more than 12 a minute for long, are whispered about. More than 80 at once, or more than 12 a
 * minute for long, ban: a crawler that walks old links at one a second gets there after a minute and a half, one that
 * takes its time never does.
 *
 * Static resources (images, fonts, scripts, media), HEAD requests and paths that differ in a number or an id alone
 * count apart and far higher: an innocent page may lack hundreds of images, an application in a browser asks for the
 * pieces of a version that is gone or for the picture of each member of a list, and a link checker for every link.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function http404(options: Http404Options): Extension {
  const rule = (
    name: string,
    signal: CountingRule['signal'],
    path: string,
    given: Partial<BucketOptions> | undefined,
    usual: BucketOptions,
  ): CountingRule => ({
    name,
    on: ['response'],
    statuses: [404],
    bucket: bucketOf(given, usual),
    path,
    counts: name.startsWith('resources') ? missingResource : missingPage,
    signal,
  });
  const usual = (capacity: number, leakspeed: string): BucketOptions => ({ capacity, leakspeed, blackhole: '5m' });
  const { whisper, resources, resourcesWhisper } = options;
  return countingScenario({
    name: 'http-404',
    behavior: 'http:scan',
    options,
    rules: [
      rule('whisper', 'whisper', 'options.whisper', whisper, usual(20, '5s')),
      rule('decision', 'decision', 'options', options, usual(80, '5s')),
      rule('resources-whisper', 'whisper', 'options.resourcesWhisper', resourcesWhisper, usual(200, '1s')),
      rule('resources', 'decision', 'options.resources', resources, usual(500, '1s')),
    ],
  });
}

/** By their names: what browsers ask for because a page mentions it. Archives are none: probes for backups are for those. */
const STATIC =
  /\.(?:avif|bmp|css|cur|eot|gif|ico|jpe?g|jxl|js|m3u8|m4[av]|map|mjs|mp[34]|og[agv]|otf|png|svg|tiff?|ts|ttf|vtt|wasm|wav|web[mp]|webmanifest|woff2?)$/i;

/** A segment that is a number, a UUID or as long a hexadecimal id. */
const ID = /\/(?:\d+|[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}|[\da-f]{16,})(?=\/|$)/gi;

function missingPage(event: DetectionEvent): Counted | undefined {
  if (event.kind !== 'response' || event.status !== 404) return undefined;
  if (event.method === 'HEAD' || STATIC.test(event.path)) return undefined;
  return { distinct: event.path.replace(ID, '/*') };
}

function missingResource(event: DetectionEvent): Counted | undefined {
  if (event.kind !== 'response' || event.status !== 404) return undefined;
  const isResource = event.method === 'HEAD' || STATIC.test(event.path) || event.path.search(ID) >= 0;
  return isResource ? { distinct: event.path } : undefined;
}
