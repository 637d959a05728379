import type { DetectionEvent, Extension } from '@crowdsec-sdk/core';
import { countingScenario, type Counted } from './counting-scenario.js';
import { exceptRule } from './except-rule.js';
import { LONGEST_PATH, plainPath } from './plain-path.js';
import { bucketOf, type CountingOptions } from './scenario-options.js';

export interface BackdoorPathsOptions extends CountingOptions {
  /** More such paths; spelling and case do not matter. */
  readonly paths?: readonly string[] | undefined;
  /** Paths of yours that look like such and are none, or everything below one (`/wiki/*`). */
  readonly except?: readonly string[] | undefined;
}

/**
 * Requests for paths of known backdoors and weaknesses: web shells, consoles, gateways and devices that this
 * application is none of. Two different ones are enough, within a minute or so.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function backdoorPaths(options: BackdoorPathsOptions): Extension {
  const known = new Set((options.paths ?? []).map(plainPath));
  const isInnocent = exceptRule(options.except ?? []);
  const counts = (event: DetectionEvent): Counted | undefined => {
    if (event.kind !== 'request') return undefined;
    const path = plainPath(event.path);
    if (path.length > LONGEST_PATH || isInnocent(path)) return undefined;
    if (!known.has(path) && !EXPLOITED.test(path) && !CLIMBING.test(event.path)) return undefined;
    return { distinct: path, context: { target_uri: event.path, user_agent: event.userAgent } };
  };
  return countingScenario({
    name: 'backdoor-paths',
    behavior: 'http:exploit',
    options,
    rules: [
      {
        name: 'attempts',
        on: ['request'],
        bucket: bucketOf(options, { capacity: 1, leakspeed: '1m', blackhole: '5m' }),
        counts,
        signal: 'decision',
      },
    ],
  });
}

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

/** What may stand before a character's number, encoded once to three times. */
const CODE = '%(?:25){0,2}';
const SEPARATOR = `(?:[/\\\\]|${CODE}(?:2f|5c))`;
const DOT = `(?:\\.|${CODE}2e)`;

/** A climb (`../`) of which something is encoded, or with something between (`..;/`): no browser and no link has that. */
const CLIMBING = new RegExp(
  `(?:^|${SEPARATOR})(?:` +
    [
      `(?:${DOT}${CODE}2e|${CODE}2e\\.)${SEPARATOR}`,
      `\\.\\.${CODE}(?:2f|5c)`,
      `${DOT}${DOT}(?:;|${CODE}(?:3b|00))[\\w.=-]{0,40}${SEPARATOR}`,
    ].join('|') +
    ')',
  'i',
);
