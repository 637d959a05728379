import { parseArgs } from 'node:util';
import { buildOrExit } from './build.mjs';

/**
 * npm run chaos -- [signals|starts|poison|outage|month|soak|redis|damage|timeouts|clock|prefixes|freeze|lapi]… [--store redis|files] [--json] [--built]
 *
 * Breaks what can break around the agent, with real processes, a real redis-server and the sandbox over HTTP, and counts what came of
 * it. Several runs go one after the other. Ends with 1 when a promise was broken. `--json` prints the figures alone, `--built` takes the packages as they are built.
 *
 * `signals` (the default) further takes `--workers`, `--signals`, `--seconds`, `--scale`, `--kill-every`, `--outage` and
 * `--accepted`; see tools/chaos/signals.mjs. `starts` takes `--starts`, `soak` takes `--minutes`.
 */
const RUNS = [
  'signals',
  'starts',
  'poison',
  'outage',
  'month',
  'soak',
  'redis',
  'damage',
  'timeouts',
  'clock',
  'prefixes',
  'freeze',
  'lapi',
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    store: { type: 'string', default: 'redis' },
    json: { type: 'boolean', default: false },
    built: { type: 'boolean', default: false },
    workers: { type: 'string', default: '4' },
    signals: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '75' },
    scale: { type: 'string', default: '20' },
    'kill-every': { type: 'string', default: '8' },
    outage: { type: 'string', default: '10' },
    accepted: { type: 'string', default: '0.95' },
    starts: { type: 'string', default: '50' },
    minutes: { type: 'string', default: '60' },
  },
});
const names = positionals.length === 0 ? ['signals'] : positionals;
if (!names.every((name) => RUNS.includes(name)) || !['redis', 'files'].includes(values.store)) {
  console.error(`usage: npm run chaos -- [${RUNS.join('|')}]… [--store redis|files] [--json] [--built]`);
  process.exit(2);
}
if (!values.built) {
  await buildOrExit({ what: 'the agent and the sandbox', projects: ['@crowdsec-sdk/core', '@crowdsec-sdk/sandbox'] });
}

const options = {
  store: values.store === 'files' ? /** @type {const} */ ('files') : /** @type {const} */ ('redis'),
  workers: Number(values.workers),
  signals: Number(values.signals),
  seconds: Number(values.seconds),
  scale: Number(values.scale),
  killEvery: Number(values['kill-every']),
  outage: Number(values.outage),
  accepted: Number(values.accepted),
  starts: Number(values.starts),
  minutes: Number(values.minutes),
};
let areKept = true;
for (const name of names) {
  /** @type {Record<string, import('./chaos/types.d.mts').ChaosRun>} */
  const { [name]: run } = await import(`./chaos/${name}.mjs`);
  const { about, figures, promises } = await run(options, (line) => console.error(line));
  const broken = promises.filter(([, kept]) => !kept).map(([promise]) => promise);
  if (values.json) {
    console.log(JSON.stringify(figures));
  } else {
    console.log(`\n${about}\n`);
    console.table(figures);
    for (const [promise, kept] of promises) console.log(`${kept ? 'kept  ' : 'BROKEN'}  ${promise}`);
  }
  for (const promise of values.json ? broken : []) console.error(`BROKEN  ${promise}`);
  if (values.json && broken.length > 0) console.error(JSON.stringify(figures));
  areKept &&= broken.length === 0;
}
process.exit(areKept ? 0 : 1);
