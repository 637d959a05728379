import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { lapiTestEnvironment, type LapiTestEnvironment } from '../../test/lapi-test-environment.js';
import type { Crowdsec } from '../agent.js';
import { systemClock } from '../clock.js';
import { endpointFetch } from '../http/dispatcher.js';
import { parseEndpoint } from '../http/endpoint.js';
import { openInstallation } from '../installation.js';
import { silentLogger } from '../logger.js';
import { RemediationEngine } from '../remediation/remediation-engine.js';
import { timerScheduler } from '../scheduler.js';
import { Secret } from '../secret.js';
import { openStore } from '../store/open-store.js';
import { LapiDecisions } from './lapi-decisions.js';
import { LapiTransport } from './transport.js';
import { removeFolder } from '../../test/remove-folder.js';

/** Several processes that share a store, hosts without timers, and answers that come too late. */

const IP = '198.51.100.1';
let environment: LapiTestEnvironment;
afterEach(() => environment.stop());

const remediationOf = (agent: Crowdsec, ip = IP): string => agent.getIpRemediation(ip).remediation;
const rolesOf = (...agents: readonly Crowdsec[]): readonly (string | undefined)[] =>
  agents.map((agent) => agent.health().decisions.lapi?.role);

describe('two processes with one key and one store', () => {
  it('have one that pulls, and both enforce what it was told', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP }]);
    const [one, other] = [
      await environment.agent({ stateDir: environment.folder }),
      await environment.agent({ stateDir: environment.folder }),
    ];
    expect(rolesOf(one, other)).toEqual(['puller', 'follower']);
    expect([remediationOf(one), remediationOf(other)]).toEqual(['ban', 'ban']);
    for (let round = 0; round < 40; round++) {
      environment.lapi.decisions.add([{ value: `20.0.0.${round}` }, { value: '192.0.2.1', duration: `${round + 1}h` }]);
      if (round > 0) environment.lapi.decisions.delete([`20.0.0.${round - 1}`]);
      await environment.pass();
      await environment.time.advance(2_000);
      expect(remediationOf(other, `20.0.0.${round}`)).toBe('ban');
      if (round > 0) expect(remediationOf(other, `20.0.0.${round - 1}`)).toBe('bypass');
      expect(other.explain('192.0.2.1')).toHaveLength(1);
    }
    expect(environment.kinds().filter((kind) => kind === 'full')).toHaveLength(1);
    expect(environment.kinds().length).toBeLessThan(52);
  });

  it('keep few and small files: deltas are joined, and gone with the next full answer', async () => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent({ stateDir: environment.folder });
    for (let round = 0; round < 60; round++) {
      environment.lapi.decisions.add([{ value: `20.0.0.${round}` }]);
      await environment.pass();
    }
    const blobs = async (): Promise<readonly string[]> =>
      (await readdir(environment.folder, { recursive: true })).filter(
        (name) => name.includes('lapi-decisions') && name.endsWith('.json'),
      );
    expect((await blobs()).length).toBeLessThan(30);
    environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'within' });
    await environment.pass(3);
    expect(await blobs()).toHaveLength(2);
    expect(agent.health().decisions.lapi?.count).toBe(60);
  });

  it('have another that takes over within seconds when the one that pulls stops, and asks for everything', async () => {
    environment = await lapiTestEnvironment();
    const one = await environment.agent({ stateDir: environment.folder });
    const other = await environment.agent({ stateDir: environment.folder });
    await one.stop();
    environment.lapi.decisions.add([{ value: IP }]);
    await environment.time.advance(2_100);
    expect(rolesOf(other)).toEqual(['puller']);
    expect(remediationOf(other)).toBe('ban');
    expect(environment.kinds()).toEqual(['full', 'full']);
  });

  it('never have two that pull, even when the store was emptied and the lease of one is gone', async () => {
    environment = await lapiTestEnvironment();
    const agents: Crowdsec[] = [];
    for (let i = 0; i < 2; i++) {
      agents.push(await environment.agent({ stateDir: environment.folder }, { updateIntervalMs: 1_000 }));
      await environment.time.advance(i === 0 ? 600 : 1_700);
    }
    // The first one prolongs its lease every two seconds; before it does so the next time, the second one looks for it.
    for (const name of await readdir(environment.folder, { recursive: true }))
      if (/leases.lapi-/.test(name)) await rm(join(environment.folder, name), { force: true, recursive: true });
    for (let i = 0; i < 60; i++) {
      environment.lapi.decisions.add([{ value: `20.0.0.${i}` }]);
      await environment.time.advance(100);
    }
    await environment.time.advance(3_000);
    const missed = agents.map((agent) =>
      Array.from({ length: 60 }, (_, i) => `20.0.0.${i}`).filter((ip) => remediationOf(agent, ip) !== 'ban'),
    );
    expect(missed).toEqual([[], []]);
    expect(environment.kinds().filter((kind) => kind === 'full')).toHaveLength(2);
  });

  it('serve what is stored from the start, be LAPI away or not', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP, duration: '10h' }]);
    const one = await environment.agent({ stateDir: environment.folder });
    environment.lapi.decisions.add([{ value: '192.0.2.1', duration: '10h' }]);
    await environment.pass();
    await one.stop();
    environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'before', times: Infinity });
    const other = await environment.agent({ stateDir: environment.folder });
    expect([remediationOf(other), remediationOf(other, '192.0.2.1')]).toEqual(['ban', 'ban']);
    expect(other.health().status).toBe('degraded');
  });

  it('tell in both their healths that LAPI is away', async () => {
    environment = await lapiTestEnvironment();
    const [one, other] = [
      await environment.agent({ stateDir: environment.folder }),
      await environment.agent({ stateDir: environment.folder }),
    ];
    environment.lapi.faults.add({ path: '/v1/decisions/stream', status: 403, times: Infinity });
    await environment.time.advance(90_000);
    for (const agent of [one, other]) {
      expect(agent.health()).toMatchObject({ status: 'degraded', decisions: { stale: true } });
      expect(agent.health().problems[0]).toMatchObject({ code: 'CROWDSEC_API_STATUS' });
    }
  });

  it('put back what the store has lost', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP, duration: '10h' }]);
    const one = await environment.agent({ stateDir: environment.folder });
    const other = await environment.agent({ stateDir: environment.folder });
    for (const name of await readdir(environment.folder, { recursive: true }))
      if (name.includes('lapi-decisions')) await rm(join(environment.folder, name), { force: true, recursive: true });
    environment.lapi.decisions.add([{ value: '192.0.2.1', duration: '10h' }]);
    await environment.pass();
    await environment.time.advance(2_000);
    expect([remediationOf(other), remediationOf(other, '192.0.2.1')]).toEqual(['ban', 'ban']);
    await one.stop();
    await other.stop();
    environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'before', times: Infinity });
    expect(remediationOf(await environment.agent({ stateDir: environment.folder }))).toBe('ban');
  });

  it('take damaged files for lost ones, and lose nothing that is held', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP, duration: '10h' }]);
    const agent = await environment.agent({ stateDir: environment.folder });
    for (const name of await readdir(environment.folder, { recursive: true }))
      if (name.endsWith('lapi-decisions.json')) await writeFile(join(environment.folder, name), '{"format":1,"ver');
    await environment.pass(2);
    const other = await environment.agent({ stateDir: environment.folder });
    expect([remediationOf(agent), remediationOf(other)]).toEqual(['ban', 'ban']);
  });

  it.each([
    ['the base is gone', 'base-', rm],
    [
      'the bytes of the base are damaged',
      'base-',
      (file: string) => (file.endsWith('.bin') ? truncate(file, 5) : undefined),
    ],
    ['a delta is gone', 'changes-', rm],
  ])('have a third one that starts later and gets all of it, although %s', async (_, part, damage) => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP, duration: '10h' }]);
    await environment.agent({ stateDir: environment.folder });
    environment.lapi.decisions.add([{ value: '192.0.2.1', duration: '10h' }]);
    await environment.pass();
    const found = await readdir(environment.folder, { recursive: true, withFileTypes: true });
    const files = found.filter((entry) => entry.isFile() && entry.name.includes(`lapi-decisions%3a${part}`));
    expect(files).not.toEqual([]);
    for (const { parentPath, name } of files) await damage(join(parentPath, name));
    const late = await environment.agent({ stateDir: environment.folder });
    await environment.pass(2);
    expect([remediationOf(late), remediationOf(late, '192.0.2.1')]).toEqual(['ban', 'ban']);
    expect([rolesOf(late), environment.kinds().filter((kind) => kind === 'full')]).toEqual([['follower'], ['full']]);
  });

  it('with other filters hold other decisions', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([
      { value: IP, origin: 'cscli' },
      { value: '192.0.2.1', origin: 'CAPI' },
    ]);
    await (await environment.agent({ stateDir: environment.folder })).stop();
    environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'before', times: Infinity });
    const agent = await environment.agent({ stateDir: environment.folder }, { origins: ['cscli'] });
    expect(agent.getIpRemediation('192.0.2.1').origin).toBe('unavailable');
  });
});

describe('a tool that looks at an installation from outside', () => {
  it('sees what LAPI decided, too', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP }]);
    await environment.agent({ stateDir: environment.folder });
    environment.lapi.decisions.add([{ value: '192.0.2.1', type: 'captcha' }]);
    await environment.pass();
    const lapi = { url: environment.lapi.url, apiKey: environment.key };
    const { clock } = environment.time;
    await using installation = openInstallation({ lapi, stateDir: environment.folder, clock, logger: silentLogger });
    const { engine } = await installation.decisions.load();
    expect([IP, '192.0.2.1'].map((ip) => engine.getIpRemediation(ip).remediation)).toEqual(['ban', 'captcha']);
  });
});

describe('a change of the option ignore', () => {
  it('takes effect on what is already stored', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP, scenario: 'crowdsecurity/ssh-bf' }]);
    await (await environment.agent({ stateDir: environment.folder })).stop();
    environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'before', times: Infinity });
    const agent = await environment.agent({ stateDir: environment.folder, ignore: { scenarios: ['ssh'] } });
    expect(agent.getIpRemediation(IP)).toEqual({ remediation: 'bypass', origin: 'clean' });
    expect(agent.health().decisions).toMatchObject({ count: 1, ignored: { scenarios: 1 } });
    await agent.stop();
    expect(remediationOf(await environment.agent({ stateDir: environment.folder }))).toBe('ban');
  });
});

describe('a host whose timers do not run between calls', () => {
  const frozen = { schedule: () => ({ [Symbol.dispose]: () => undefined }) };

  it('pulls by runDue() when that is due, and lets others pull then', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP }]);
    const options = { stateDir: environment.folder, scheduler: frozen };
    const [one, other] = [await environment.agent(options), await environment.agent(options)];
    expect(environment.kinds()).toEqual([]);
    await one.runDue();
    expect(remediationOf(one)).toBe('ban');
    await one.runDue();
    await other.runDue();
    expect([environment.kinds(), remediationOf(other)]).toEqual([['full'], 'ban']);
    await environment.pass();
    await one.runDue();
    expect(environment.kinds().length).toBe(2);
    await environment.pass();
    environment.lapi.decisions.add([{ value: '192.0.2.1' }]);
    await other.runDue();
    expect(remediationOf(other, '192.0.2.1')).toBe('ban');
    await one.runDue();
    expect(remediationOf(one, '192.0.2.1')).toBe('ban');
  });

  it('asks for what changed while nobody else has pulled in between', async () => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent({ scheduler: frozen });
    for (let round = 0; round < 4; round++) {
      await agent.runDue();
      await environment.pass();
    }
    expect(environment.kinds()).toEqual(['full', 'delta', 'delta', 'delta']);
  });
});

describe('a unix socket', () => {
  it('serves as well as an address', async () => {
    const { mkdtemp } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const folder = await mkdtemp(join(tmpdir(), 'lapi-'));
    environment = await lapiTestEnvironment({ socket: join(folder, 'lapi.sock') });
    environment.lapi.decisions.add([{ value: IP }]);
    const agent = await environment.agent();
    expect(remediationOf(agent)).toBe('ban');
    expect(agent.health().decisions.lapi?.url).toBe(`unix:${join(folder, 'lapi.sock')}`);
    environment.lapi.restart();
    await environment.pass();
    expect(agent.health().status).toBe('ok');
    await removeFolder(folder);
  });
});

describe('an answer that takes too long', () => {
  it('is given up and asked for again, whole: what was only in the lost delta is enforced', async () => {
    environment = await lapiTestEnvironment();
    const store = openStore({
      ephemeral: true,
      namespace: 'shop',
      apiRoot: environment.lapi.url,
      clock: systemClock,
      logger: silentLogger,
    });
    const endpoint = parseEndpoint(environment.lapi.url, 'url');
    const { fetch, close } = endpointFetch(endpoint);
    const engine = new RemediationEngine({ clock: systemClock });
    const decisions = new LapiDecisions({
      transport: new LapiTransport({ endpoint, userAgent: 'test/v1', apiKey: new Secret(environment.key), fetch }),
      credential: environment.key,
      filter: { scopes: ['ip', 'range'] },
      intervalMs: 600_000,
      store,
      engine,
      clock: systemClock,
      scheduler: timerScheduler,
      logger: silentLogger,
      listener: { refreshed: () => undefined, failed: () => undefined },
      timeouts: { fullMs: 10_000, deltaMs: 300 },
    });
    await decisions.refresh();
    environment.lapi.decisions.add([{ value: IP, duration: '100h' }]);
    await environment.time.advance(1);
    environment.lapi.faults.add({ path: '/v1/decisions/stream', delayMs: 1_000 });
    await expect(decisions.refresh()).rejects.toThrow('no answer within 300 ms');
    expect(engine.getIpRemediation(IP).remediation).toBe('bypass');
    await decisions.refresh();
    expect(environment.kinds()).toEqual(['full', 'delta', 'full']);
    expect(decisions.health.count).toBe(1);
    await decisions.stop();
    await close();
  });

  it('does not hold up the stop of the agent, nor its lookups', async () => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent();
    environment.lapi.faults.add({ path: '/v1/decisions/stream', delayMs: 60_000 });
    const refresh = agent.refreshDecisions().catch((error: unknown) => error);
    expect(agent.getIpRemediation(IP).remediation).toBe('bypass');
    await agent.stop({ deadlineMs: 1_000 });
    expect(await refresh).toMatchObject({ code: 'CROWDSEC_STOPPED' });
  });
});
