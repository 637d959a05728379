import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const core = new URL('../../', import.meta.url);

/** What a program can import of each entry, types aside, which the API reports list. A change of it is a change of the public surface. */
const EXPORTED = {
  '.': [
    'ATTRIBUTES',
    'CrowdsecError',
    'INSTRUMENTS',
    'SDK_VERSION',
    'banRemedy',
    'cidrs',
    'consoleLogger',
    'createCrowdsec',
    'hcaptcha',
    'isCrowdsecError',
    'listFile',
    'listSource',
    'maxmindGeo',
    'recaptcha',
    'silentLogger',
    'systemClock',
    'timerScheduler',
    'turnstile',
  ],
  './extension': [
    'EXTENSION_API_VERSION',
    'LeakyBuckets',
    'formatGoDuration',
    'groupByIp',
    'parseGoDuration',
    'pathTraversal',
    'plainPath',
  ],
  './adapter': [
    'Bouncer',
    'RequestProperty',
    'fetchHeaders',
    'followAnswer',
    'hostedCrowdsec',
    'isDisconnected',
    'nodeFacts',
    'nodeHeaders',
    'peerAddress',
  ],
  './capi': [
    'API_ROOTS',
    'CAPI_PACE',
    'CapiClient',
    'MAX_SIGNALS_PER_CALL',
    'Session',
    'Transport',
    'apiRoot',
    'capiSource',
    'userAgent',
  ],
  './engine': [
    'DecisionIndex',
    'DeltaBuilder',
    'ExtensionHost',
    'LocalDecisions',
    'NEVER',
    'Pacer',
    'PrefixSet',
    'RemediationEngine',
    'RowSet',
    'SignalBuffer',
    'canonicalIp',
    'formatIp',
    'formatPrefix',
    'isPublicIp',
    'parseIp',
    'parsePrefix',
    'untilOf',
  ],
  './store': ['STATE_KINDS', 'openStore'],
  './installation': [
    'DEFAULT_LOCAL_LIMIT',
    'LOCAL_ORIGIN',
    'SDK_VERSION',
    'canonicalIp',
    'checkOptions',
    'countRows',
    'formatGoDuration',
    'formatPrefix',
    'isCrowdsecError',
    'keepProcessAlive',
    'knowSecret',
    'knowSecretsOfUrl',
    'localDecisionTarget',
    'messageOf',
    'openInstallation',
    'parsePrefix',
    'prefixHolds',
    'redact',
    'rowsOf',
  ],
  './testing': ['manualTime'],
};

/** Exported by `./installation` too: a command answers at once, and must not load an agent to read an address. */
const ALSO_FOR_TOOLS = [
  'SDK_VERSION',
  'canonicalIp',
  'formatGoDuration',
  'formatPrefix',
  'isCrowdsecError',
  'parsePrefix',
];

const { exports } = JSON.parse(await readFile(new URL('package.json', core), 'utf8')) as {
  exports: Readonly<Record<string, unknown>>;
};
const entries = Object.keys(exports).filter((entry) => entry !== './package.json');

/** The source of an entry, by where its build lies. */
function sourceOf(entry: string): URL {
  const built = /"\.\/dist\/(?!cjs\/)([^"]+)\.js"/.exec(JSON.stringify(exports[entry]))?.[1];
  return new URL(`src/${built}.ts`, core);
}

/** The names that an entry exports, types included, and the module of each. */
async function namesOf(entry: string): Promise<ReadonlyMap<string, string>> {
  const source = sourceOf(entry);
  const text = await readFile(source, 'utf8');
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)'/gm)];
  const listed = lists.flatMap(([, list = '', from = '']) =>
    list
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter((name) => name !== '')
      .map((name) => [name, new URL(from, source).href] as const),
  );
  const own = [...text.matchAll(/^export (?:async )?(?:function|interface|class|const|type) (\w+)/gm)];
  return new Map([...listed, ...own.map(([, name = '']) => [name, source.href] as const)]);
}

describe('the entries', () => {
  it('are those that somebody is meant to read', () => {
    expect(entries).toEqual(Object.keys(EXPORTED));
  });

  it.each(Object.entries(EXPORTED))('%s exports these names', async (entry, expected) => {
    const module = (await import(sourceOf(entry).href)) as object;
    expect(Object.keys(module).sort()).toEqual(expected);
  });

  it('have each name in one place, and what tools need besides is the same thing', async () => {
    const homes = new Map<string, string>();
    const shared: string[] = [];
    for (const entry of entries) {
      for (const [name, from] of await namesOf(entry)) {
        const home = homes.get(name);
        homes.set(name, from);
        if (home === undefined) continue;
        expect(from, name).toBe(home);
        shared.push(name);
      }
    }
    expect(homes.size).toBeGreaterThan(150);
    expect(shared.sort()).toEqual(ALSO_FOR_TOOLS);
  });
});
