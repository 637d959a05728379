import request from 'supertest';
import { describe, expect, it } from 'vitest';
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

  it('reports a failed login, and sends it when asked to', async () => {
    const demo = await startDemo();
    const answer = await demo.as('192.0.2.7').post('/api/login').send(WRONG).expect(401);
    expect(answer.body).toMatchObject({ statusCode: 401, signal: { status: 'buffered' } });
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
    await demo.as('192.0.2.7').post('/api/login').send({ user: 'demo', password: 'demo' }).expect(200, { user: 'demo' });
    expect((await demo.state()).buffer.size).toBe(0);
  });

  it('never reports itself or its neighbours, and says why', async () => {
    const demo = await startDemo();
    for (const ip of ['127.0.0.1', '10.1.2.3', 'rubbish']) {
      const answer = await demo.as(ip).post('/api/login').send(WRONG).expect(401);
      expect(answer.text).toMatch(/"signal":{"status":"refused","reason":"(non-public|invalid)-ip"}/);
    }
    const { buffer } = await demo.state();
    expect(buffer.size).toBe(0);
  });

  it('whispers about pages that are not there', async () => {
    const demo = await startDemo();
    const answer = await demo.as('192.0.2.9').get('/wp-login.php').expect(404);
    expect(answer.body).toMatchObject({ statusCode: 404, signal: { status: 'buffered' } });
    expect((await demo.state()).buffer.size).toBe(1);
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

describe('the panel', () => {
  it('shows the page, under a strict policy', async () => {
    const demo = await startDemo();
    const page = await request(demo.url).get('/').expect(200).expect('Content-Type', /html/);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });

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
    const before = await demo.state();
    await demo.as('192.0.2.7').post('/api/login').send(WRONG);

    const renamed = await request(demo.url).post('/api/agent').send({ suffix: 'OtherShop', version: 'v9.8.7' }).expect(200);
    expect(renamed.body).toEqual({ userAgent: 'csnodecapi_OtherShop/v9.8.7' });
    const after = await demo.state();
    expect(after).toMatchObject({ userAgent: 'csnodecapi_OtherShop/v9.8.7', machineId: before.machineId });
    expect(after.decisions.count).toBe(before.decisions.count);
    await demo.as('203.0.113.1').get('/api/whoami').expect(403);
    const added = after.calls.slice(before.calls.length);
    expect(added.filter(({ path }) => path !== '/v3/signals')).toEqual([]);
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
