import { builds, fromCore } from './builds.mjs';
import { fresh, queries, seeded, synthetic } from './data.mjs';
import { indexOf, print, row, timesInRounds } from './setup.mjs';

/** @import { nodeFacts } from '../../packages/core/dist/entries/adapter.js' */
/** @import { RequestFacts } from '../../packages/core/dist/index.js' */
/** @typedef {Parameters<typeof nodeFacts>[0]} NodeRequest */

/**
 * What the bouncer adds to the decision about a passing request: `bouncer.inspect` against `getIpRemediation` of the same engine, both
 * for a client that connects itself and for one behind a trusted proxy, and `nodeFacts` before it.
 * The bouncer of another checkout (`--against`) takes its turns among ours.
 */
const DECISIONS = 60_000;
const ROUNDS = 1_200;
const WARM_UP = 100;
const BATCH = 200;

const values = synthetic(DECISIONS);
/** @typedef {{ ip: string, request: NodeRequest, direct: RequestFacts, proxied: RequestFacts }} Visit */
/** @type {Record<string, (visit: Visit) => unknown>} */
const subjects = {};
for (const build of builds) {
  // By their modules, which earlier builds have too.
  /** @type {typeof import('../../packages/core/dist/bouncer/bouncer.js')} */
  const { Bouncer } = await fromCore(build, 'bouncer/bouncer.js');
  /** @type {typeof import('../../packages/core/dist/bouncer/node-facts.js')} */
  const { nodeFacts } = await fromCore(build, 'bouncer/node-facts.js');
  /** @type {typeof import('../../packages/core/dist/clock.js')} */
  const { systemClock } = await fromCore(build, 'clock.js');
  /** @type {typeof import('../../packages/core/dist/remediation/remediation-engine.js')} */
  const { RemediationEngine } = await fromCore(build, 'remediation/remediation-engine.js');
  const engine = new RemediationEngine({ clock: systemClock });
  engine.swap(await indexOf(values, Date.now(), build));
  const getIpRemediation = (/** @type {string} */ ip) => engine.getIpRemediation(ip);
  const remedies = { ban: () => /** @type {const} */ ('pass'), captcha: () => /** @type {const} */ ('pass') };
  const direct = new Bouncer({ getIpRemediation, remedies });
  const proxied = new Bouncer({ getIpRemediation, remedies, trustedProxies: 'loopback' });
  const { suffix } = build;
  subjects[`floor${suffix}`] = ({ ip }) => getIpRemediation(ip).remediation;
  subjects[`inspect, direct${suffix}`] = (visit) => direct.inspect(visit.direct).action;
  subjects[`inspect, behind a proxy${suffix}`] = (visit) => proxied.inspect(visit.proxied).action;
  subjects[`nodeFacts and inspect, behind a proxy${suffix}`] = ({ request }) =>
    proxied.inspect(nodeFacts(request)).action;
}

const random = seeded(DECISIONS);
const held = values.filter((value) => !value.includes('/'));
const rounds = timesInRounds(subjects, {
  rounds: ROUNDS,
  warmUp: WARM_UP,
  items: () => fresh(queries(held, BATCH, random)).map(visit),
});
for (const name of Object.keys(subjects).slice(1)) {
  const paired = rounds.map((times) => ({ value: times[name], floor: times.floor }));
  print(row('inspect', name, DECISIONS, 'ns', paired));
}

/**
 * @param {string} ip
 * @returns {Visit}
 */
function visit(ip) {
  const headers = headersOf();
  const forwarded = headersOf();
  forwarded['x-forwarded-for'] = ip;
  const socket = { remoteAddress: '127.0.0.1' };
  const facts = { disconnected: false, method: 'GET', path: '/hello' };
  return {
    ip,
    request: { method: 'GET', url: '/hello', headers: forwarded, socket },
    direct: { remoteAddress: ip, ...facts, headers },
    proxied: { remoteAddress: '127.0.0.1', ...facts, headers: forwarded },
  };
}

/** As Node makes them, one after the other: each object that is made by a spread would have a hidden class of its own. */
function headersOf() {
  /** @type {Record<string, string>} */
  const headers = {};
  headers['host'] = 'localhost';
  headers['accept'] = 'text/html,*/*;q=0.8';
  headers['user-agent'] = 'bench';
  return headers;
}
