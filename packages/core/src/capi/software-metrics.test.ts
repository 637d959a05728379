import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import type { Crowdsec } from '../agent.js';
import { createCrowdsec } from '../crowdsec.js';
import { silentLogger } from '../logger.js';
import type { CrowdsecOptions } from '../options.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';
import { removeFolder } from '../../test/remove-folder.js';

const MINUTE = 60_000;
/** Three processes look into their store every few seconds, of which most is of no interest. */
const POLLED_SELDOM = { strideMs: MINUTE / 2 };

let time: ManualTime;
let sandbox: Sandbox;
let agents: Crowdsec[];

beforeEach(async () => {
  time = manualTime();
  agents = [];
  sandbox = await startSandbox({ clock: time.clock });
});
afterEach(async () => {
  for (const agent of agents) await agent.stop();
  await sandbox.stop();
});

async function agent(options: CrowdsecOptions = {}): Promise<Crowdsec> {
  const crowdsec = createCrowdsec({
    apiUrl: sandbox.url,
    ephemeral: true,
    scenarios: ['acme/x'],
    logger: silentLogger,
    userAgentSuffix: 'Shop',
    userAgentVersion: 'v1.2.3',
    clock: time.clock,
    scheduler: time.scheduler,
    ...options,
  });
  agents.push(crowdsec);
  await crowdsec.start();
  return crowdsec;
}

const told = (): readonly { readonly body: unknown }[] =>
  sandbox.calls.filter(({ path }) => path === '/v3/metrics/' || path === '/v3/metrics');
const logins = (): number => sandbox.calls.filter(({ path }) => path === '/v3/watchers/login').length;

describe('the metrics of CAPI', () => {
  it('are told after the login, and every 30 minutes', async () => {
    const crowdsec = await agent();
    await time.advance(0);
    await crowdsec.refreshDecisions();
    await time.advance(MINUTE);
    expect(told()).toHaveLength(1);

    await time.advance(29 * MINUTE);
    expect(told()).toHaveLength(2);
    await time.advance(90 * MINUTE);
    expect(told()).toHaveLength(5);
    // One for each hour, as before: a token lives for one.
    expect(logins()).toBeLessThanOrEqual(3);
  });

  it('name the product, and when it last pulled and pushed', async () => {
    const crowdsec = await agent();
    await crowdsec.refreshDecisions();
    const at = new Date(time.clock.now()).toISOString();
    crowdsec.report({ ip: '8.8.4.4', scenario: 'acme/x' });
    await crowdsec.flushSignals();
    await time.advance(31 * MINUTE);

    expect(told().at(-1)!.body).toEqual({
      bouncers: [{ custom_name: 'Shop', name: 'csnodecapi_Shop', version: 'v1.2.3', last_pull: at }],
      machines: [{ name: 'csnodecapi_Shop', version: 'v1.2.3', last_push: at, last_update: expect.any(String) }],
    });
  });

  it('never are the first to register or to log in', async () => {
    sandbox.faults.add({ path: '/v3/watchers', status: 503, times: Infinity });
    await agent();
    await time.advance(10 * MINUTE);
    sandbox.faults.clear();
    const before = sandbox.calls.length;
    await time.advance(25 * MINUTE);

    const paths = sandbox.calls.slice(before).map(({ path }) => path);
    expect(paths.indexOf('/v3/metrics/')).toBeGreaterThan(paths.indexOf('/v3/watchers/login'));
  });

  it('that fail are told half an hour later, and nobody is warned of it', async () => {
    const lines: string[] = [];
    const note = (line: string): void => void lines.push(line);
    sandbox.faults.add({ path: '/v3/metrics', status: 500, times: 1 });
    const crowdsec = await agent({
      logger: { debug: () => undefined, info: () => undefined, warn: note, error: note },
    });
    await crowdsec.refreshDecisions();
    await time.advance(29 * MINUTE);
    expect(told()).toHaveLength(1);
    await time.advance(2 * MINUTE);
    expect(told()).toHaveLength(2);
    expect(lines).toEqual([]);
  });

  it('are told by one process of an installation for all', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-metrics-'));
    const shared = { ephemeral: false, stateDir, storeTimeoutMs: 20_000 };
    const [first] = [await agent(shared), await agent(shared), await agent(shared)];
    await first.refreshDecisions();
    await time.advance(35 * MINUTE, POLLED_SELDOM);
    expect(told()).toHaveLength(2);
    for (const one of agents) await one.stop();
    await removeFolder(stateDir);
  });

  it('are not told with `metrics: false`', async () => {
    const crowdsec = await agent({ metrics: false });
    await crowdsec.refreshDecisions();
    await time.advance(95 * MINUTE);
    expect(told()).toEqual([]);
  });
});
