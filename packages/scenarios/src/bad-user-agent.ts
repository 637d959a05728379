import type { BucketOptions, DetectionEvent, Extension, RequestTraits } from '@crowdsec-sdk/core/extension';
import { countingScenario, type Counted } from './counting-scenario.js';
import { NegativeCache } from './negative-cache.js';
import { bucketOf, invalidOption, type CountingOptions } from './scenario-options.js';

export interface BadUserAgentOptions extends CountingOptions {
  /** More names to look for, as whole words, in any case. */
  readonly agents?: readonly string[] | undefined;
  /** When CrowdSec is told: by the first request, once an hour, by default. */
  readonly whisper?: Partial<BucketOptions> | undefined;
}

/**
 * Requests of tools that look for weaknesses and say so in their user agent.
 *
 * The first one is whispered about, once an hour; more than 10 at once, or more than two a minute for long, ban.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function badUserAgent(options: BadUserAgentOptions): Extension {
  const { agents = [] } = options;
  const empty = agents.indexOf('');
  if (empty >= 0) throw invalidOption(`agents[${empty}]`, 'must not be empty: it would be found everywhere');
  const words = [...SCANNERS, ...agents].map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const scanner = new RegExp(`(?<![a-z0-9])(?:${words.join('|')})(?![a-z0-9])`, 'i');
  const scanners = new NegativeCache((userAgent) => scanner.test(userAgent));
  const filter = ({ userAgent }: RequestTraits): boolean => scanners.mayMatch(userAgent);
  const counts = (event: DetectionEvent): Counted | undefined => {
    if (event.kind !== 'request' || !scanners.test(event.userAgent)) return undefined;
    return { context: { user_agent: event.userAgent } };
  };
  return countingScenario({
    name: 'bad-user-agent',
    behavior: 'http:scan',
    options,
    rules: [
      {
        name: 'whisper',
        on: ['request'],
        filter,
        bucket: bucketOf(options.whisper, { capacity: 0, leakspeed: '1m', blackhole: '1h' }),
        path: 'options.whisper',
        counts,
        signal: 'whisper',
      },
      {
        name: 'decision',
        on: ['request'],
        filter,
        bucket: bucketOf(options, { capacity: 10, leakspeed: '30s', blackhole: '5m' }),
        counts,
        signal: 'decision',
      },
    ],
  });
}

/** Tools that nobody browses with; libraries (curl, python-requests) and search engines are none. */
const SCANNERS = [
  'acunetix',
  'arachni',
  'commix',
  'dirbuster',
  'dirsearch',
  'droopescan',
  'feroxbuster',
  'fimap',
  'fuzz faster u fool',
  'gobuster',
  'havij',
  'jaeles',
  'joomscan',
  'l9explore',
  'l9tcpid',
  'masscan',
  'morfeus',
  'nessus',
  'netsparker',
  'nikto',
  'nmap scripting engine',
  'nuclei',
  'openvas',
  'projectdiscovery',
  'skipfish',
  'sqlmap',
  'sqlninja',
  'w3af',
  'wfuzz',
  'whatweb',
  'wpscan',
  'xsser',
  'zgrab',
  'zmeu',
];
