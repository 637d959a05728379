import {
  pathTraversal,
  plainPath,
  type BucketOptions,
  type DetectionEvent,
  type Extension,
  type RequestTraits,
} from '@crowdsec-sdk/core/extension';
import { bothEnds } from './both-ends.js';
import { isEncodedLink } from './encoded-link.js';
import { countingScenario, type Counted } from './counting-scenario.js';
import { exceptRule } from './except-rule.js';
import { perEvent } from './per-event.js';
import { NegativeCache } from './negative-cache.js';
import { bucketOf, type CountingOptions } from './scenario-options.js';

export interface BackdoorPathsOptions extends CountingOptions {
  /** More such paths; spelling and case do not matter. */
  readonly paths?: readonly string[] | undefined;
  /** Paths of yours that look like such and are none, or everything below one (`/wiki/*`). */
  readonly except?: readonly string[] | undefined;
  /** The threshold for such requests whether they differ or not: 4 at once, one a minute, by default. */
  readonly repeats?: Partial<BucketOptions> | undefined;
  /** The threshold for requests that nobody sends by accident: none, by default. */
  readonly exploits?: Partial<BucketOptions> | undefined;
  /** The threshold for relative links that were encoded whole (`..%2Flogo.png`): 40 at once, one every 5 s, by default. */
  readonly links?: Partial<BucketOptions> | undefined;
}

/**
 * Requests for paths of known backdoors and weaknesses: web shells, consoles, gateways and devices that this
 * application is none of. Two different ones are enough, within a minute or so, or five of any.
 *
 * What nobody sends by accident is enough at once: a climb out of a folder in a spelling that hides it (`..%2f`,
 * `%2e%2e/`, `..;/`), and a request that makes use of a weakness rather than looking for it. A climb that stays within the
 * site and is what comes of a relative link that was encoded whole may be a mistake in a page: it takes 41 of them.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function backdoorPaths(options: BackdoorPathsOptions): Extension {
  const { filter, kindOf } = createClassifier(options);
  const counts = (wanted: Kind, isDistinct: boolean) => (event: DetectionEvent) => {
    const found = kindOf(event);
    if (found?.kind !== wanted) return undefined;
    return isDistinct ? found.counted : { context: found.counted.context };
  };
  const rule = { on: ['request'], filter, signal: 'decision' } as const;
  return countingScenario({
    name: 'backdoor-paths',
    behavior: 'http:exploit',
    options,
    rules: [
      {
        ...rule,
        name: 'attempts',
        bucket: bucketOf(options, { capacity: 1, leakspeed: '1m', blackhole: '5m' }),
        counts: counts('attempt', true),
      },
      {
        ...rule,
        name: 'repeats',
        bucket: bucketOf(options.repeats, { capacity: 4, leakspeed: '1m', blackhole: '5m' }),
        path: 'options.repeats',
        counts: counts('attempt', false),
      },
      {
        ...rule,
        name: 'exploits',
        bucket: bucketOf(options.exploits, { capacity: 0, leakspeed: '1m', blackhole: '5m' }),
        path: 'options.exploits',
        counts: counts('exploit', true),
      },
      {
        ...rule,
        name: 'links',
        bucket: bucketOf(options.links, { capacity: 40, leakspeed: '5s', blackhole: '5m' }),
        path: 'options.links',
        counts: counts('link', false),
      },
    ],
  });
}

/** An attempt may be a dead link or a look-alike, a link a mistake in a page; an exploit is nothing else. */
type Kind = 'attempt' | 'exploit' | 'link';

interface Found {
  readonly kind: Kind;
  readonly counted: Counted & { readonly distinct: string };
}

/** Tells which requests are worth a look, and what each is. Four rules ask about each event. */
function createClassifier({ paths = [], except = [] }: BackdoorPathsOptions) {
  const known = new Set(paths.map(plainPath));
  const isExcepted = exceptRule(except);
  const suspicious = new NegativeCache((path) => {
    const plain = plainPath(path);
    return (
      (EXPLOITED.test(bothEnds(plain)) || pathTraversal(path) !== undefined || known.has(plain)) && !isExcepted(plain)
    );
  });
  const filter = ({ path }: RequestTraits): boolean => suspicious.mayMatch(path);
  const kindOf = perEvent((event): Found | undefined => {
    if (event.kind !== 'request' || !suspicious.test(event.path)) return undefined;
    const plain = plainPath(event.path);
    const excerpt = bothEnds(plain);
    const isKnown = EXPLOITED.test(excerpt);
    const traversal = pathTraversal(event.path);
    const isLink = traversal !== undefined && !isKnown && !known.has(plain) && isEncodedLink(event.path);
    const isExploit =
      (traversal === 'out' && !isLink) ||
      (isKnown && (traversal !== undefined || NO_LINK.test(event.path))) ||
      (event.method === 'POST' && EXPLOITED_BY_POST.test(excerpt));
    const context = { target_uri: event.path, user_agent: event.userAgent };
    return { kind: isExploit ? 'exploit' : isLink ? 'link' : 'attempt', counted: { distinct: plain, context } };
  });
  return { filter, kindOf };
}

/** A climb in plain spelling, or a NUL: on the way to a known path, no link has one. */
const NO_LINK = /\/\.\.\/|%(?:25)*00|\0/;

/** Known paths to which nothing else is sent than code to run. */
const EXPLOITED_BY_POST = new RegExp(
  [
    '/phpunit/(?:src/)?util/php/eval-stdin\\.php$',
    '/_ignition/execute-solution$',
    '/wp-content/plugins/wp-file-manager/lib/php/connector\\.minimal\\.php$',
    '/wls-wsat/coordinatorporttype',
    '/_async/asyncresponseservice',
    '/boaform/',
    '/gponform/diag_form',
  ].join('|'),
);

/** Plain paths, each known for one thing. */
const EXPLOITED = new RegExp(
  [
    // Web shells.
    '/(?:c99|r57|wso\\d*|b374k|alfa(?:shell|cgiapi|new)?|(?:web)?shell\\d*|cmd|mini|marijuana|indoxploit|gel4y|priv8)' +
      '\\.(?:php\\d?|phtml|aspx?|jsp)(?:/|$)',
    // PHP and its frameworks.
    '/phpunit/(?:src/)?util/php/eval-stdin\\.php$',
    '/_ignition/execute-solution$',
    '/phpmyadmin\\d*/(?:scripts/)?setup(?:\\.php)?$',
    '/wp-content/plugins/wp-file-manager/lib/php/connector\\.minimal\\.php$',
    // Java.
    '/actuator/(?:env|heapdump|jolokia|gateway/routes(?:/|$))',
    '/(?:jmx-console|web-console/(?:invoker|serverinfo\\.jsp))(?:/|$)',
    '/invoker/(?:jmx|ejb)invokerservlet',
    '/manager/(?:html|text/(?:list|deploy))$',
    '/solr/admin/(?:cores|info/system)$',
    '/struts2-(?:showcase|rest-showcase)',
    '/wls-wsat/coordinatorporttype',
    '/_async/asyncresponseservice',
    // Gateways, mail servers and devices.
    '/cgi-bin/(?:luci|test-cgi|nas_sharing\\.cgi|supervisor/cloudbot\\.cgi)',
    '/boaform/',
    '/gponform/diag_form',
    '/hnap1(?:/|$)',
    '/setup\\.cgi$',
    '/tmui/login\\.jsp',
    '/dana-na/',
    '/remote/(?:fgt_lang|logincheck)$',
    '/\\+cscoe\\+/',
    '/vpns/(?:portal/|cfg/smb\\.conf)',
    '/ecp/current/exporttool/',
    '/autodiscover/autodiscover\\.json',
    '/owa/auth/x\\.js$',
    // What a climb out of the application's folder looks for.
    '/etc/(?:passwd|shadow)$',
    '/windows/(?:win\\.ini|system32/)',
  ].join('|'),
);
