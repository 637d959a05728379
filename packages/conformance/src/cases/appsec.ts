import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { answering, askingAppsec, appsecHeader } from '../appsec-call.js';
import { ask } from '../ask.js';
import { CAPTCHA_HEADER, solveCaptcha } from '../solve-captcha.js';
import type { Subject } from '../suite.js';
import { BANNED, CLEAN } from '../test-environment.js';
import { echoed, visit } from '../visit.js';

/** AppSec has its say about a request before the handler runs, and the decisions have theirs before AppSec. */
export function appsecCases({ environment }: Subject): void {
  it('asks AppSec before the handler runs, and tells it the whole request', async () => {
    const running = await environment().host(askingAppsec(environment()));
    const ordered = async (): Promise<number> => Number((await ask(running, '/orders')).text);
    answering(environment());
    const before = await ordered();
    const calls = answering(environment(), ({ body }) => ({ action: body.includes('attackword') ? 'ban' : 'allow' }));
    await visit(running, CLEAN, '/order?a=%20b', 'post')
      .set('user-agent', 'BadBot/1')
      .set('cookie', 'a=1')
      .type('text/plain')
      .send('q=attackword')
      .expect(403);
    const [call, ...others] = calls();
    expect(others).toEqual([]);
    expect(call).toMatchObject({ method: 'POST', path: '/', body: 'q=attackword' });
    expect(call?.headers).toMatchObject({
      'x-crowdsec-appsec-ip': CLEAN,
      'x-crowdsec-appsec-uri': '/order?a=%20b',
      'x-crowdsec-appsec-verb': 'POST',
      'x-crowdsec-appsec-host': `127.0.0.1:${running.port}`,
      'x-crowdsec-appsec-user-agent': 'BadBot/1',
      'x-crowdsec-appsec-http-version': '11',
      'content-type': 'text/plain',
      'content-length': '12',
      cookie: 'a=1',
    });
    await visit(running, CLEAN, '/order', 'post').type('text/plain').send('q=hello').expect(200);
    expect(await ordered()).toBe(before + 1);
  });

  it('leaves a body intact that AppSec has looked at', async () => {
    const running = await environment().host(askingAppsec(environment()));
    const calls = answering(environment());
    const body = randomBytes(700_000);
    expect((await echoed(running, CLEAN, body)).equals(body)).toBe(true);
    expect(Buffer.from(calls()[0]?.body ?? '', 'latin1').equals(body)).toBe(true);
  });

  it('asks without a body that is too large, and leaves all of it to the handler', async () => {
    const running = await environment().host(askingAppsec(environment(), { maxBodyBytes: 1_000 }));
    const calls = answering(environment());
    const body = randomBytes(1_500_000);
    expect((await echoed(running, CLEAN, body)).equals(body)).toBe(true);
    const small = randomBytes(1_000);
    expect((await echoed(running, CLEAN, small)).equals(small)).toBe(true);
    expect(calls().map((call) => [call.method, call.body.length])).toEqual([
      ['GET', 0],
      ['POST', 1_000],
    ]);
  });

  it('lets a body that is too large pass unasked, or refuses it, where it is told to', async () => {
    // Both first: a host that is a process of its own is asked whether it is up.
    const passing = await environment().host(askingAppsec(environment(), { maxBodyBytes: 1_000, onLargeBody: 'pass' }));
    const refusing = await environment().host(
      askingAppsec(environment(), { maxBodyBytes: 1_000, onLargeBody: 'block' }),
    );
    const calls = answering(environment(), { action: 'ban' });
    // Small enough to have been sent whole when the refusal comes.
    const body = randomBytes(20_000);
    expect((await echoed(passing, CLEAN, body)).equals(body)).toBe(true);
    await visit(refusing, CLEAN, '/echo', 'post').type('application/octet-stream').send(body).expect(403);
    expect(calls()).toEqual([]);
  });

  it('does not ask about clients that are banned, unless it is told to', async () => {
    const running = await environment().host(askingAppsec(environment()));
    const all = await environment().host(askingAppsec(environment(), { requests: 'all' }));
    const calls = answering(environment());
    await visit(running, BANNED).expect(403);
    expect(calls()).toEqual([]);
    await visit(all, BANNED).expect(403);
    expect(calls().map((call) => appsecHeader(call, 'ip'))).toEqual([BANNED]);
  });

  it('does not ask about paths that are skipped', async () => {
    const running = await environment().host({
      ...askingAppsec(environment(), { skip: ['/hello'] }),
      skip: ['/stream'],
    });
    const calls = answering(environment(), { action: 'ban' });
    await visit(running, CLEAN, '/hello?a=b').expect(200);
    await visit(running, CLEAN, '/stream').expect(200);
    await visit(running, BANNED, '/hello').expect(403);
    await visit(running, CLEAN, '/orders').expect(403);
    expect(calls().map((call) => appsecHeader(call, 'uri'))).toEqual(['/orders']);
  });

  it('asks once about a request, however many guards stand in its way', async () => {
    const running = await environment().host(askingAppsec(environment()));
    const calls = answering(environment());
    await visit(running, CLEAN, '/guarded').expect(200);
    expect(calls()).toHaveLength(1);
  });

  it.each([
    ['204 without a body', { status: 204 }, 200],
    ['an allowing action under another status', { action: 'allow', status: 403 }, 200],
    ['a ban', { action: 'ban' }, 403],
    ['a ban under the status of a pass', { action: 'ban', status: 200, httpStatus: 403 }, 403],
    ['a ban with a status of its own', { action: 'ban', httpStatus: 418 }, 418],
    ['a captcha', { action: 'captcha' }, 403],
    ['406 and a captcha with a status of its own', { action: 'captcha', status: 406, httpStatus: 429 }, 429],
    ['a word of the operator', { action: 'throttle' }, 403],
    ['a challenge without a page', { action: 'challenge' }, 403],
    ['a status that is none for a refusal', { action: 'ban', httpStatus: 200 }, 403],
  ])('answers what AppSec says: %s', async (_, answer, status) => {
    const running = await environment().host(askingAppsec(environment()));
    answering(environment(), answer);
    await visit(running, CLEAN).expect(status);
  });

  it.each(['/hello', '/.well-known/crowdsec/captcha'])(
    'lets a client pass that has solved the captcha that AppSec asks for: at %s',
    async (url) => {
      const running = await environment().host(askingAppsec(environment()));
      answering(environment(), { action: 'captcha' });
      await visit(running, CLEAN).expect(403).expect(CAPTCHA_HEADER, 'wall');
      const { kind, cookies } = await solveCaptcha(running, CLEAN, url);
      expect(kind).toBe('solved');
      const cookie = cookies[0]?.split(';')[0] ?? '';
      await visit(running, CLEAN).set('cookie', cookie).expect(200);
      answering(environment(), { action: 'ban' });
      await visit(running, CLEAN).set('cookie', cookie).expect(403);
    },
  );

  it('answers a challenge with its page, headers and cookies', async () => {
    const running = await environment().host(askingAppsec(environment()));
    answering(environment(), {
      action: 'challenge',
      extra: {
        user_body_content: '<h1>Prove it: ü</h1>',
        user_headers: {
          'Content-Type': ['text/html; charset=utf-8'],
          'X-Two': ['a', 'b'],
          'Content-Length': ['3'],
          'X-Split': ['a\r\nset-cookie: c=3'],
        },
        user_cookies: ['a=1; Path=/; HttpOnly', 'b=2; Secure'],
      },
    });
    const answer = await visit(running, CLEAN).expect(403);
    expect(answer.text).toBe('<h1>Prove it: ü</h1>');
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-two': 'a, b',
      'cache-control': 'no-store',
      'set-cookie': ['a=1; Path=/; HttpOnly', 'b=2; Secure'],
    });
    expect(answer.headers).not.toHaveProperty('x-split');
  });

  it('only logs in log mode', async () => {
    const running = await environment().host({ ...askingAppsec(environment()), mode: 'log' });
    const calls = answering(environment(), { action: 'ban' });
    await visit(running, CLEAN).expect(200);
    await visit(running, BANNED).expect(200);
    expect(calls()).toHaveLength(1);
  });
}
