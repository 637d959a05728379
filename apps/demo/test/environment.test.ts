import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../tools/redis-server.mjs';
import { readEnvironment } from '../src/environment.js';
import type { PanelState } from '@crowdsec-sdk/panel';
import type { DemoState } from '../src/play/state.js';
import { DemoServer } from '../src/demo-server.js';
import { startDemo, temporaryFolder } from './running-demo.js';

describe('CROWDSEC_USER_AGENT_SUFFIX', () => {
  it('is in every call that the sandbox received', async () => {
    const demo = await startDemo({ CROWDSEC_USER_AGENT_SUFFIX: 'AcmeShop' });
    await demo.as('192.0.2.7').post('/api/login').send({ user: 'demo', password: 'wrong' });
    await request(demo.url).post('/api/flush').expect(200);
    const { userAgent, calls } = await demo.state();
    expect(userAgent).toMatch(/^csnodecapi_AcmeShop\/v\d+\.\d+\.\d+$/);
    // What software is at work, an agent tells when it gets round to it.
    expect(calls.map(({ path }) => path).filter((path) => path !== '/v3/metrics/')).toEqual([
      '/v3/watchers',
      '/v3/watchers/login',
      '/v3/decisions/stream',
      '/v3/signals',
    ]);
    expect(new Set(calls.map((call) => call.userAgent))).toEqual(new Set([userAgent]));
  });
});

describe('CROWDSEC_STATE_DIR', () => {
  it('makes a restart the same machine, which registers, logs in and pulls no second time', async () => {
    const CROWDSEC_STATE_DIR = await temporaryFolder();
    const first = await startDemo({ CROWDSEC_STATE_DIR });
    const before = await first.panel();
    await first.close();

    const second = await DemoServer.open(readEnvironment({ PORT: '0', CROWDSEC_STATE_DIR }));
    try {
      // At once: nothing is waited for between the start and the first request.
      await request(second.url).get('/api/whoami').set('X-Forwarded-For', '203.0.113.1').expect(403);
      const { identity, decisions } = (await request(second.url).get('/crowdsec/metrics.json')).body as PanelState;
      const { calls } = (await request(second.url).get('/api/state')).body as DemoState;
      expect(identity.machineId).toBe(before.identity.machineId);
      expect(decisions.count).toBe(before.decisions.count);
      expect(calls).toEqual([]);

      await request(second.url)
        .post('/api/login')
        .set('X-Forwarded-For', '192.0.2.7')
        .send({ user: 'x', password: 'y' });
      await request(second.url).post('/api/flush').expect(200);
      const after = (await request(second.url).get('/api/state')).body as DemoState;
      const told = after.calls.filter(({ path }) => path !== '/v3/metrics/');
      expect(told.map(({ path, status }) => [path, status])).toEqual([['/v3/signals', 200]]);
    } finally {
      await second.close();
    }
  });

  it('says so when the port of the kept sandbox is taken', async () => {
    const CROWDSEC_STATE_DIR = await temporaryFolder();
    await (await startDemo({ CROWDSEC_STATE_DIR })).close();
    const port = Number(await readFile(join(CROWDSEC_STATE_DIR, 'sandbox-port'), 'utf8'));
    const squatter = createServer().listen(port, '127.0.0.1');
    try {
      await expect(DemoServer.open(readEnvironment({ PORT: '0', CROWDSEC_STATE_DIR }))).rejects.toThrow(`Port ${port}`);
    } finally {
      squatter.close();
    }
  });
});

describe('CROWDSEC_BLOCKLIST', () => {
  it('is served by the sandbox: 120,000 lines with comments and a second column', async () => {
    const file = join(await temporaryFolder(), 'list.txt');
    const hosts = Array.from(
      { length: 120_000 },
      (_, n) => `${20 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.9\t${n % 10}`,
    );
    await writeFile(file, ['# a list', '#', ...hosts, '', '2a00:1:2::/48 # a range'].join('\n'));

    const demo = await startDemo({ CROWDSEC_BLOCKLIST: file });
    expect((await demo.panel()).decisions.count).toBe(120_001);
    const { network } = await demo.state();
    expect(network.banned).toEqual({ ipv4: '20.0.0.9', ipv6: '2a00:1:2::1' });
    await demo.as('20.1.2.9').get('/api/whoami').expect(403);
    await demo.as('2a00:1:2:3::4').get('/api/whoami').expect(403);
    await demo.as('20.1.2.10').get('/api/whoami').expect(200);
    for (const hostile of ['20.1.2.9, nonsense', '::ffff:20.1.2.9:', ';', '\\', '0x14.1.2.9']) {
      expect((await demo.as(hostile).get('/api/whoami')).status).toBeLessThan(500);
    }
  }, 30_000);

  it('that is not there keeps the demo from starting, in one line', async () => {
    const opening = DemoServer.open(readEnvironment({ PORT: '0', CROWDSEC_BLOCKLIST: '/nowhere/list.txt' }));
    await expect(opening).rejects.toThrow(/^CROWDSEC_BLOCKLIST cannot be read: .*\/nowhere\/list\.txt/);
  });
});

describe('CROWDSEC_ENV=sandbox-lapi', () => {
  it('runs on the local API of the sandbox: its decisions hold, and what is noticed becomes an alert there', async () => {
    const demo = await startDemo({ CROWDSEC_ENV: 'sandbox-lapi' });
    await demo.as('203.0.113.1').get('/api/whoami').expect(403);
    await demo.as('2001:db8:bad::1').get('/api/whoami').expect(403);
    await demo.as('192.0.2.7').get('/api/whoami').expect(200);
    await demo.as('185.220.101.7').get('/.env').expect(403);
    await expect
      .poll(async () => (await demo.state()).calls.filter(({ path }) => path === '/v1/alerts'))
      .toMatchObject([{ method: 'POST', status: 201, signals: 1 }]);
    expect((await demo.state()).network).toMatchObject({ kind: 'lapi', name: 'embedded sandbox' });
    expect(await demo.panel()).toMatchObject({ status: 'ok', problems: [], lapi: { role: 'puller' } });
  });
});

describe('CROWDSEC_API_URL', () => {
  it('leads to another CAPI, whose calls are shown as they were sent', async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.stop());
    sandbox.decisions.add([{ value: '203.0.113.99' }]);
    const demo = await startDemo({ CROWDSEC_API_URL: sandbox.url, CROWDSEC_USER_AGENT_SUFFIX: 'AcmeShop' });
    await demo.as('203.0.113.99').get('/api/whoami').expect(403);
    const sent = (await demo.state()).calls.map(({ method, target, userAgent, status }) => ({
      method,
      target,
      userAgent,
      status,
    }));
    const received = sandbox.calls.map(({ method, target, userAgent, status }) => ({
      method,
      target,
      userAgent,
      status,
    }));
    expect(sent).toEqual(received);
  });

  it('may lead nowhere: the site is up all the same', async () => {
    const apiUrl = `http://127.0.0.1:${await freePort()}`;
    const server = await DemoServer.open(readEnvironment({ PORT: '0', CROWDSEC_API_URL: apiUrl }));
    onTestFinished(() => server.close());
    await request(server.url).get('/api/whoami').set('X-Forwarded-For', '203.0.113.1').expect(200);
    await request(server.url).get('/crowdsec/health').expect(503);
    const { status } = (await request(server.url).get('/api/state').expect(200)).body as DemoState;
    expect(status).toBe('unavailable');
  });
});

describe('temporary state', () => {
  it('is gone after the demo has stopped', async () => {
    const demo = await startDemo();
    const { description } = (await demo.panel()).store;
    const folder = /\/\S*crowdsec-demo-\w+/.exec(description)?.[0] ?? '';
    expect((await stat(folder)).isDirectory()).toBe(true);
    await demo.close();
    await expect(stat(folder)).rejects.toThrow(/ENOENT/);
  });
});
