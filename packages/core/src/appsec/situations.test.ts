import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { appsecTestEnvironment, told } from '../../test/appsec-test-environment.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe('a client that says itself what AppSec believes of the bouncer, in chunks, packed', () => {
  it('is shown to AppSec as it is: its address, its own length, its body unpacked', async () => {
    await using environment = await appsecTestEnvironment();
    await environment.ask({
      method: 'POST',
      path: '/login',
      headers: {
        ...FORM,
        'X-Crowdsec-Appsec-Ip': '198.51.100.1',
        'x-crowdsec-appsec-verb': 'GET',
        'x-crowdsec-appsec-transaction-id': 'mine',
        'transfer-encoding': 'chunked',
        'content-encoding': 'gzip',
        te: 'trailers',
        connection: 'close, x-hop',
        'x-hop': 'attackword',
      },
      body: gzipSync('q=attackword'),
    });
    const [call] = environment.appsec.calls;
    expect(told(environment, 'ip')).toBe('203.0.113.7');
    expect(told(environment, 'verb')).toBe('POST');
    expect(told(environment, 'transaction-id')).toBeUndefined();
    expect(call?.body).toBe('q=attackword');
    expect(call?.headers).toMatchObject({ ...FORM, 'content-length': '12' });
    for (const name of ['content-encoding', 'transfer-encoding', 'te', 'expect'])
      expect(call?.headers).not.toHaveProperty(name);
    // The application sees it, whatever the client says of it.
    expect(call?.headers).toMatchObject({ 'x-hop': 'attackword' });
  });
});

describe('a body that says one thing packed and another as it is', () => {
  it('is shown to AppSec both ways, and refused for either', async () => {
    await using environment = await appsecTestEnvironment();
    environment.appsec.answerWith(({ body }) => ({ action: body.includes('attackword') ? 'ban' : 'allow' }));
    const headers = { ...FORM, 'content-encoding': 'deflate' };
    const send = async (packed: string, plain: string): Promise<number> => {
      const body = Buffer.concat([deflateSync(packed), Buffer.from(plain)]);
      return (await environment.ask({ method: 'POST', headers, body })).status;
    };
    expect(await send('q=hello', '&q=attackword')).toBe(403);
    expect(await send('q=attackword', '&q=hello')).toBe(403);
    expect(await send('q=hello', '&q=hello')).toBe(200);
    expect(environment.crowdsec.health().appsec).toMatchObject({ asked: 3, actions: { ban: 2, allow: 1 } });
  });
});

describe('answers of AppSec', () => {
  it('204 without a body lets the request pass', async () => {
    await using environment = await appsecTestEnvironment();
    environment.appsec.answerWith(() => ({ status: 204 }));
    expect((await environment.ask()).status).toBe(200);
  });

  it('406 with the action captcha is a captcha, under the status that AppSec names for the client', async () => {
    const captcha = () => ({ status: 401, headers: {}, body: 'prove it' });
    await using environment = await appsecTestEnvironment({}, { remedies: { captcha } });
    environment.appsec.answerWith(() => ({ status: 406, action: 'captcha', httpStatus: 429 }));
    expect(await environment.ask()).toMatchObject({ status: 429, text: 'prove it' });
  });

  it('a captcha is what its remedy says, though that answers by something that is no native promise', async () => {
    const answer = { status: 401, headers: {}, body: 'solve this' };
    const thenable = { then: (resolve: (value: typeof answer) => void) => resolve(answer) };
    await using environment = await appsecTestEnvironment(
      {},
      { remedies: { captcha: () => thenable as Promise<typeof answer> } },
    );
    environment.appsec.answerWith(() => ({ status: 406, action: 'captcha', httpStatus: 429 }));
    expect(await environment.ask()).toMatchObject({ status: 429, text: 'solve this' });
  });

  it('a captcha that was solved lets the request pass', async () => {
    await using environment = await appsecTestEnvironment(
      {},
      { remedies: { captcha: async () => Promise.resolve('pass') } },
    );
    environment.appsec.answerWith(() => ({ action: 'captcha' }));
    expect((await environment.ask()).status).toBe(200);
  });

  it('a captcha whose remedy can not serve now is a ban', async () => {
    await using environment = await appsecTestEnvironment({}, { remedies: { captcha: () => 'unhandled' } });
    environment.appsec.answerWith(() => ({ action: 'captcha' }));
    expect((await environment.ask()).status).toBe(403);
  });

  it('a word of the operator is its remedy, and the fallback where there is none', async () => {
    const throttle = () => ({ status: 429, headers: { 'retry-after': '5' }, body: 'slowly' });
    await using served = await appsecTestEnvironment({}, { remedies: { throttle } });
    served.appsec.answerWith(() => ({ action: 'throttle', httpStatus: 429 }));
    expect(await served.ask()).toMatchObject({ status: 429, text: 'slowly' });
    await using unserved = await appsecTestEnvironment();
    unserved.appsec.answerWith(() => ({ action: 'throttle' }));
    expect((await unserved.ask()).status).toBe(403);
    await using fallback = await appsecTestEnvironment({ fallbackRemediation: 'throttle' }, { remedies: { throttle } });
    fallback.appsec.answerWith(() => ({ action: 'tarpit', httpStatus: 429 }));
    expect(await fallback.ask()).toMatchObject({ text: 'slowly' });
  });

  it('a challenge is its page, headers and cookies, and a captcha or the fallback where it has no page', async () => {
    await using environment = await appsecTestEnvironment(
      {},
      { remedies: { captcha: () => ({ status: 401, headers: {}, body: 'c' }) } },
    );
    environment.appsec.answerWith(() => ({
      action: 'challenge',
      httpStatus: 200,
      extra: { user_body_content: '<p>', user_cookies: ['a=1', 'b=2'], user_headers: { 'Set-Cookie': ['c=3'] } },
    }));
    const answer = await environment.ask();
    expect(answer).toMatchObject({ status: 200, text: '<p>' });
    expect(answer.message.headers['set-cookie']).toEqual(['c=3', 'a=1', 'b=2']);
    environment.appsec.answerWith(() => ({ action: 'challenge', extra: { user_headers: { 'X-A': ['b'] } } }));
    expect(await environment.ask()).toMatchObject({ status: 403, text: 'c' });
  });

  it.each([
    ['200', '{"action":"allow","http_status":200}', 200],
    ['the action in capitals', '{"action":"BAN","http_status":403}', 403],
    [
      'an action between blanks and members that nobody knows',
      '\n {"x":null,"action":" ban ","http_status":"403"} ',
      403,
    ],
    ['an action alone', '{"action":"ban"}', 403],
    ['JSON without an action', '{}', 200],
    ['null', 'null', 200],
    ['a list', '[]', 200],
    ['an action that is no text', '{"action":7}', 200],
  ])('text/plain is read as JSON: %s', async (_, raw, status) => {
    await using environment = await appsecTestEnvironment();
    environment.appsec.answerWith(() => ({ status: 200, raw }));
    expect((await environment.ask()).status).toBe(status);
  });

  it('an operator who never bans gets captchas in the place of bans', async () => {
    const captcha = () => ({ status: 401, headers: {}, body: 'captcha' });
    await using environment = await appsecTestEnvironment({}, { bouncingLevel: 'flex', remedies: { captcha } });
    environment.appsec.answerWith(() => ({ action: 'ban' }));
    expect(await environment.ask()).toMatchObject({ text: 'captcha' });
    await using without = await appsecTestEnvironment({}, { bouncingLevel: 'flex' });
    without.appsec.answerWith(() => ({ action: 'ban' }));
    expect((await without.ask()).status).toBe(200);
    await using disabled = await appsecTestEnvironment({}, { bouncingLevel: 'disabled' });
    expect((await disabled.ask()).status).toBe(200);
    expect(disabled.appsec.calls).toEqual([]);
  });
});

describe('what is told of it', () => {
  it('counts and events name appsec as the origin', async () => {
    await using environment = await appsecTestEnvironment();
    const blocked: unknown[] = [];
    environment.crowdsec.on('requestBlocked', (details) => blocked.push(details));
    await environment.ask({ path: '/.env?a=b' });
    await environment.ask();
    expect(blocked).toEqual([
      { ip: '203.0.113.7', remediation: 'ban', origin: 'appsec', method: 'GET', path: '/.env', enforced: true },
    ]);
    const { requests, appsec } = environment.crowdsec.health();
    expect(requests).toMatchObject({ total: 2, blocked: 1, found: { appsec: { ban: 1 } } });
    expect(
      Object.values(requests.found)
        .flatMap((found) => Object.values(found))
        .reduce((a, b) => a + b),
    ).toBe(2);
    expect(appsec).toMatchObject({ asked: 2, actions: { ban: 1, allow: 1 } });
  });

  it('one line a minute tells of each cause, health counts all of them, and recovery is told', async () => {
    await using environment = await appsecTestEnvironment();
    environment.appsec.answerWith(() => ({ status: 500 }));
    for (let i = 0; i < 5; i++) expect((await environment.ask()).status).toBe(200);
    const lines = (): readonly string[] => environment.log.filter((line) => line.startsWith('AppSec'));
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toContain('serverError');
    const { appsec, problems } = environment.crowdsec.health();
    expect(appsec?.failures).toMatchObject({ serverError: 5, timeout: 0 });
    expect(problems.map(({ code }) => code)).toContain('APPSEC_FAILED');
    environment.appsec.answerWith(() => ({ action: 'allow' }));
    await environment.ask();
    expect(lines()[1]).toContain('answers again');
    const recovered = environment.crowdsec.health();
    expect(recovered.problems.map(({ code }) => code)).not.toContain('APPSEC_FAILED');
    expect(recovered.appsec).not.toHaveProperty('failing');
    expect(recovered.appsec?.lastFailure).toMatchObject({ cause: 'serverError', at: expect.any(Number) });
  });

  it('never holds the key', async () => {
    await using environment = await appsecTestEnvironment({ apiKey: 'wrong-key-of-nobody-0123456789' });
    await environment.ask();
    expect(JSON.stringify([environment.log, environment.crowdsec.health()])).not.toContain('wrong-key');
    expect(environment.crowdsec.health().appsec?.failures.unauthorized).toBe(1);
  });
});
