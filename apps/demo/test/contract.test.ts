import type { DetectorHealth } from '@crowdsec-sdk/core';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PanelState } from '@crowdsec-sdk/panel';
import { startDemo, type RunningDemo } from './running-demo.js';

const WRONG = { user: 'demo', password: 'wrong' };

describe('the site', () => {
  it('tells a clean visitor who they are, and refuses a banned one', async () => {
    const demo = await startDemo();
    const clean = await demo.as('192.0.2.1').get('/api/whoami').expect(200);
    expect(clean.body).toEqual({ ip: '192.0.2.1', remediation: 'bypass' });
    await demo.as('203.0.113.1').get('/api/whoami').expect(403);
    await demo.as('198.51.100.200').get('/api/whoami').expect(403);
    await demo.as('2001:db8:bad::1').get('/api/whoami').expect(403);
    await demo.as('2001:db8:600d::1').get('/api/whoami').expect(200);
  });

  it('whispers about a failed login, and sends that when asked to', async () => {
    const demo = await startDemo();
    await demo.as('192.0.2.7').post('/api/login').send(WRONG).expect(401);
    const { buffer } = await demo.state();
    expect(buffer.size).toBe(1);
    expect(buffer.nextFlushAt).toBeGreaterThan(Date.now());
    expect(buffer.nextFlushReason).toMatch(/full/);

    const { sent, nextAllowedAt } = await flush(demo);
    expect(sent).toBe(1);
    expect(nextAllowedAt).toBeGreaterThan(Date.now());
    const { calls, buffer: after } = await demo.state();
    expect(after.size).toBe(0);
    expect(calls.at(-1)).toMatchObject({ method: 'POST', path: '/v3/signals', signals: 1, status: 200 });
  });

  it('keeps to the pace when asked to send again at once', async () => {
    const demo = await startDemo();
    await demo.as('192.0.2.7').post('/api/login').send(WRONG);
    await flush(demo);
    await demo.as('192.0.2.8').post('/api/login').send(WRONG);
    const { sent, nextAllowedAt } = await flush(demo);
    expect(sent).toBe(0);
    expect(nextAllowedAt).toBeGreaterThan(Date.now());
    const { calls, buffer } = await demo.state();
    expect(calls.filter(({ path }) => path === '/v3/signals')).toHaveLength(1);
    expect(buffer.size).toBe(1);
  });

  it('lets the right password in', async () => {
    const demo = await startDemo();
    await demo
      .as('192.0.2.7')
      .post('/api/login')
      .send({ user: 'demo', password: 'demo' })
      .expect(200, { user: 'demo' });
    expect((await demo.state()).buffer.size).toBe(0);
  });

  it('never acts on itself or its neighbours, and says why', async () => {
    const demo = await startDemo();
    for (const ip of ['127.0.0.1', '10.1.2.3', 'rubbish']) {
      for (let i = 0; i < 6; i++) await demo.as(ip).post('/api/login').send(WRONG).expect(401);
    }
    const state = await demo.panel();
    expect(state.signals.buffered).toBe(0);
    expect(state.bans).toEqual([]);
    expect(detector(state, 'demo.login-bruteforce', 'failures')).toMatchObject({
      acted: 0,
      suppressed: { 'non-public-ip': 2 },
    });
  });

  it('bans whoever fails to log in five times, and tells CrowdSec of the decision', async () => {
    const { demo, sandbox } = await demoWithSandbox();
    for (let i = 0; i < 5; i++) await demo.as('192.0.2.7').post('/api/login').send(WRONG).expect(401);
    await demo.as('192.0.2.7').get('/api/whoami').expect(403);
    await demo.as('192.0.2.7').post('/api/login').send({ user: 'demo', password: 'demo' }).expect(403);
    await demo.as('192.0.2.8').get('/api/whoami').expect(200);
    const { bans } = await demo.panel();
    expect(bans).toMatchObject([
      { value: '192.0.2.7', scenario: 'demo/login-bruteforce', expiresAt: expect.any(Number) },
    ]);
    await flush(demo);
    expect(decided(sandbox)).toEqual([['demo/login-bruteforce', '192.0.2.7']]);
  });

  it('whispers about a scan, and bans for a long one', async () => {
    const { demo, sandbox } = await demoWithSandbox();
    const scan = async (from: number, to: number): Promise<void> => {
      for (let i = from; i <= to; i++) await demo.as('192.0.2.9').get(`/missing-${i}`).expect(404);
    };
    // An answer is told once it is out, which the visitor may see sooner.
    const deeds = async (): Promise<object[]> => (await demo.panel()).detections.map(({ at: _, ...result }) => result);
    const whisper = {
      extension: 'demo.http-404',
      detector: 'whisper',
      ip: '192.0.2.9',
      scenario: 'demo/http-404',
      signal: 'whisper',
    };
    await scan(1, 6);
    await expect.poll(deeds).toEqual([whisper]);
    await demo.as('192.0.2.9').get('/api/whoami').expect(200);
    await scan(7, 20);
    const decision = { value: '192.0.2.9', type: 'ban', duration: '4h' };
    await expect.poll(deeds).toEqual([whisper, { ...whisper, detector: 'decision', signal: 'decision', decision }]);
    await demo.as('192.0.2.9').get('/api/whoami').expect(403);
    await flush(demo);
    expect(decided(sandbox)).toEqual([['demo/http-404', '192.0.2.9']]);
  });

  it.each(['/.env', '/%2eEnv', '/.git/config'])('refuses the very probe for %s', async (path) => {
    const { demo, sandbox } = await demoWithSandbox();
    await demo.as('2001:db8:600d::1').get(path).expect(403);
    const { bans } = await demo.panel();
    expect(bans).toMatchObject([{ value: '2001:db8:600d::/64', scenario: 'demo/sensitive-files' }]);
    await flush(demo);
    expect(decided(sandbox)).toEqual([['demo/sensitive-files', '2001:db8:600d::1']]);
  });

  it('counts each request of a visitor once, and none of the panel', async () => {
    const demo = await startDemo();
    const counts = async (): Promise<number[]> => {
      const { extensions } = await demo.panel();
      return extensions
        .flatMap(({ detectors }) => detectors)
        .filter(({ name }) => name === 'probes')
        .map(({ events }) => events);
    };
    expect(await counts()).toEqual([0]);
    await demo.as('192.0.2.9').get('/api/whoami');
    await demo.as('192.0.2.9').post('/api/login').send(WRONG);
    await demo.as('192.0.2.9').get('/nothing');
    await flush(demo);
    for (const path of ['/crowdsec/', '/crowdsec/assets/panel.js', '/crowdsec/health'])
      await request(demo.url).get(path).expect(200);
    await demo.change('flush').expect(200);
    expect(await counts()).toEqual([3]);
    expect((await demo.panel()).requests).toMatchObject({ blocked: 0, found: { clean: { bypass: 3 } } });
  });

  it.each([',,,', '203.0.113.1, ', '999.9.9.9', '[::1', 'a'.repeat(8_000), '%00%0d%0a', '"><script>'])(
    'answers a hostile X-Forwarded-For %#',
    async (header) => {
      const demo = await startDemo();
      for (const answer of [
        await demo.as(header).get('/api/whoami'),
        await demo.as(header).post('/api/login').send(WRONG),
        await demo.as(header).get('/nothing'),
      ]) {
        expect(answer.status).toBeLessThan(500);
      }
    },
  );

  it.each(['{', '[]', 'null', '"text"'])('answers a login with the body %s', async (body) => {
    const demo = await startDemo();
    const answer = await demo.as('192.0.2.1').post('/api/login').set('Content-Type', 'application/json').send(body);
    expect([400, 401]).toContain(answer.status);
  });
});

describe('an extension that throws', () => {
  it('is switched off, and nothing else', async () => {
    const demo = await startDemo();
    for (let i = 1; i <= 5; i++)
      await demo.as(`192.0.2.${i}`).post('/api/login').send({ user: '100%', password: 'x' }).expect(401);
    const { extensions, problems, signals } = await demo.panel();
    const off = extensions.filter(({ state }) => state === 'off');
    expect(off).toMatchObject([{ name: 'demo.fragile', reason: 'detector each-failure: URI malformed', failures: 5 }]);
    expect(off[0]!.retryAt! - Date.now()).toBeGreaterThan(50_000);
    expect(off[0]!.retryAt! - Date.now()).toBeLessThanOrEqual(60_000);
    expect(problems).toMatchObject([{ code: 'EXTENSION_OFF' }]);
    expect(signals.buffered).toBe(0);

    for (let i = 0; i < 5; i++) await demo.as('192.0.2.9').post('/api/login').send(WRONG).expect(401);
    await demo.as('192.0.2.9').get('/api/whoami').expect(403);
  });
});

describe('another page in the same browser', () => {
  const ATTEMPTS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['a name that leads here', { Host: 'rebound.example' }],
    ['a name that leads here, with the port', { Host: 'rebound.example:PORT' }],
    ['a name that begins as ours', { Host: '127.0.0.1.rebound.example:PORT' }],
    ['another port', { Host: '127.0.0.1:1' }],
    ['another origin', { Origin: 'https://elsewhere.example' }],
    ['another origin on this machine', { Origin: 'http://127.0.0.1:1' }],
    ['an origin that is not told', { Origin: 'null' }],
    ['another site', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }],
    ['another port of this machine', { 'Sec-Fetch-Site': 'same-site' }],
    ['a form', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }],
  ];

  it.each(ATTEMPTS)('renames, lifts, flushes and logs in nobody by %s', async (_, headers) => {
    const demo = await startDemo();
    await demo.as('192.0.2.9').get('/.env').expect(403);
    const before = await demo.state();
    const set = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', new URL(demo.url).port)]),
    );
    for (const [path, body] of [
      ['/api/agent', { suffix: 'Mallory' }],
      ['/crowdsec/lift', { value: '192.0.2.9' }],
      ['/crowdsec/decide', { value: '192.0.2.10' }],
      ['/crowdsec/flush', {}],
      ['/api/flush', {}],
      ['/api/login', WRONG],
    ] as const) {
      await request(demo.url)
        .post(path)
        .set({ ...set, 'X-Crowdsec-Panel': '1' })
        .send(body)
        .expect(403);
    }
    const { userAgent, bans, buffer } = await demo.state();
    expect({ userAgent, bans, size: buffer.size }).toEqual({
      userAgent: before.userAgent,
      bans: before.bans,
      size: before.buffer.size,
    });
    expect(bans).toHaveLength(1);
  });

  it('reads nothing by a name that leads here, nor as part of itself, and may link here', async () => {
    const demo = await startDemo();
    for (const path of ['/', '/api/state', '/api/events', '/app.js', '/crowdsec/', '/crowdsec/metrics.json'])
      await request(demo.url).get(path).set('Host', 'rebound.example').expect(403);
    const crossSite = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
    await request(demo.url)
      .get('/')
      .set({ ...crossSite, 'Sec-Fetch-Dest': 'iframe' })
      .expect(403);
    await request(demo.url)
      .get('/')
      .set({ ...crossSite, 'Sec-Fetch-Dest': 'document' })
      .expect(200);
  });

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', 'application/jsonp'])(
    'sends nothing as %s',
    async (type) => {
      const demo = await startDemo();
      const { userAgent } = await demo.state();
      await request(demo.url).post('/api/agent').set('Content-Type', type).send('{"suffix":"Mallory"}').expect(415);
      expect((await demo.state()).userAgent).toBe(userAgent);
    },
  );

  it('is told from one of the demo, whichever of its names it was opened by', async () => {
    const demo = await startDemo();
    const { port } = new URL(demo.url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LocalHost:${port}`, `[::1]:${port}`]) {
      const own = { Host: host, Origin: `http://${host.toLowerCase()}`, 'Sec-Fetch-Site': 'same-origin' };
      await request(demo.url).post('/api/agent').set(own).send({ suffix: 'AcmeShop' }).expect(200);
    }
  });
});

describe('the panel', () => {
  it('is that of the package: it lifts a local ban, that of a network too', async () => {
    const demo = await startDemo();
    for (const [ip, value] of [
      ['192.0.2.9', '192.0.2.9'],
      ['2001:db8:600d::1', '2001:db8:600d::/64'],
    ] as const) {
      await demo.as(ip).get('/.env').expect(403);
      await demo.as(ip).get('/api/whoami').expect(403);
      await demo.change('lift', { value }).expect(200, { lifted: true });
      await demo.as(ip).get('/api/whoami').expect(200);
      await demo.change('lift', { value }).expect(200, { lifted: false });
    }
    expect((await demo.panel()).bans).toEqual([]);
    expect((await demo.state()).bans).toEqual([]);
    // What CAPI decided is not this site's to lift.
    await demo.change('lift', { value: '203.0.113.1' }).expect(200, { lifted: false });
    await demo.as('203.0.113.1').get('/api/whoami').expect(403);
  });
});

describe('the page that plays visitors', () => {
  it('streams the state, and then what changes', async () => {
    const demo = await startDemo();
    const stream = await fetch(`${demo.url}/api/events`, { headers: { accept: 'text/event-stream' } });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const readUntil = async (wanted: RegExp): Promise<void> => {
      while (!wanted.test(text)) text += (await reader.read()).value ?? '';
    };
    await readUntil(/"size":0/);
    await demo.as('192.0.2.7').post('/api/login').send(WRONG);
    await readUntil(/"size":1/);
    await reader.cancel();
  });

  it('renames the agent, which stays the same machine', async () => {
    const demo = await startDemo({ CROWDSEC_USER_AGENT_SUFFIX: 'AcmeShop' });
    const before = { ...(await demo.panel()), ...(await demo.state()) };
    await demo.as('192.0.2.7').post('/api/login').send(WRONG);

    const renamed = await request(demo.url)
      .post('/api/agent')
      .send({ suffix: 'OtherShop', version: 'v9.8.7' })
      .expect(200);
    expect(renamed.body).toEqual({ userAgent: 'csnodecapi_OtherShop/v9.8.7' });
    const after = { ...(await demo.panel()), ...(await demo.state()) };
    expect(after.userAgent).toBe('csnodecapi_OtherShop/v9.8.7');
    expect(after.identity.machineId).toBe(before.identity.machineId);
    expect(after.decisions.count).toBe(before.decisions.count);
    await demo.as('203.0.113.1').get('/api/whoami').expect(403);
    const added = after.calls.slice(before.calls.length);
    // What software is at work, an agent tells when it gets round to it.
    expect(added.map(({ path }) => path).filter((path) => !/signals|metrics/.test(path))).toEqual([]);
  });

  it('keeps local bans over a renaming', async () => {
    const demo = await startDemo();
    await demo.as('192.0.2.7').get('/.env').expect(403);
    const { bans } = await demo.panel();
    expect(bans).toHaveLength(1);
    await request(demo.url).post('/api/agent').send({ suffix: 'OtherShop' }).expect(200);
    expect(await demo.panel()).toMatchObject({ bans });
    await demo.as('192.0.2.7').get('/api/whoami').expect(403);
  });

  it.each([
    [{ suffix: 'bad suffix!' }, 'suffix'],
    [{ suffix: 'a'.repeat(17) }, 'suffix'],
    [{ suffix: 'AcmeShop', version: '1.0' }, 'version'],
  ])('refuses the name %j with the path of what is wrong', async (name, path) => {
    const demo = await startDemo();
    const before = await demo.state();
    const answer = await request(demo.url).post('/api/agent').send(name).expect(400);
    expect(answer.body).toMatchObject({ code: 'CROWDSEC_OPTION_INVALID', path: `userAgent.${path}` });
    expect((await demo.state()).userAgent).toBe(before.userAgent);
  });
});

async function flush(demo: RunningDemo): Promise<{ sent: number; nextAllowedAt: number }> {
  const answer = await request(demo.url).post('/api/flush').expect(200);
  return answer.body as { sent: number; nextAllowedAt: number };
}

/** A demo whose CAPI can be looked into. */
async function demoWithSandbox(): Promise<{ demo: RunningDemo; sandbox: Sandbox }> {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.stop());
  sandbox.decisions.add([{ value: '203.0.113.1' }]);
  return { demo: await startDemo({ CROWDSEC_API_URL: sandbox.url }), sandbox };
}

/** Who was decided about in the signals that CAPI received. */
function decided({ signals }: Sandbox): string[][] {
  return signals
    .filter(({ signal: { decisions } }) => (decisions?.length ?? 0) > 0)
    .map(({ signal: { scenario, source } }) => [scenario, source.value]);
}

function detector({ extensions }: PanelState, extension: string, name: string): DetectorHealth | undefined {
  return extensions.find((each) => each.name === extension)?.detectors.find((each) => each.name === name);
}
