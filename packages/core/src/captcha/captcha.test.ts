import Keyv from 'keyv';
import { describe, expect, it } from 'vitest';
import {
  CAPTCHA_PATH,
  captchaTestEnvironment,
  CLIENT,
  CLIENT_V6,
  NEIGHBOUR_V6,
  OTHER,
  saidBy,
  solutionOf,
  solved,
} from '../../test/captcha-test-environment.js';
import type { CaptchaOptions } from './captcha-options.js';
import type { CaptchaSolved } from './captcha-solved.js';

const HOUR_MS = 3_600_000;
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'accept-language': 'en-GB,en;q=0.8' };

describe('the wall', () => {
  it('is a page for browsers, under a policy that runs nothing but its own script', async () => {
    const verdict = await captchaTestEnvironment().visit({ headers: BROWSER });
    expect(verdict).toMatchObject({ action: 'block', remediation: 'captcha', ip: CLIENT });
    const { status, headers, body } = verdict.action === 'block' ? verdict.response : expect.unreachable();
    expect(status).toBe(401);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-language': 'en',
    });
    expect(headers['set-cookie']).toBeUndefined();
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/]{43}='; style-src 'sha256-[\w+/]{43}='; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(body).toContain('<noscript>');
    expect(body).toContain('role="status"');
    expect(body).not.toMatch(/https?:\/\//);
  });

  it.each([
    ['an API client', { accept: 'application/json' }],
    [
      'a script of a page',
      { accept: 'application/json', 'x-requested-with': 'XMLHttpRequest', 'sec-fetch-mode': 'cors' },
    ],
  ])('tells %s by 401 problem details what to do, and sends it nowhere', async (_, headers) => {
    const verdict = await captchaTestEnvironment().visit({ headers });
    const { response } = verdict.action === 'block' ? verdict : expect.unreachable();
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(response.headers.location).toBeUndefined();
    expect(JSON.parse(response.body)).toMatchObject({
      title: 'Captcha required',
      status: 401,
      detail: expect.stringContaining(`Open ${CAPTCHA_PATH}`) as string,
      captcha: { page: CAPTCHA_PATH, endpoint: CAPTCHA_PATH, header: 'x-crowdsec-captcha' },
    });
  });

  it.each([
    ['de-AT,de;q=0.9,en;q=0.5', 'de', 'Einen Moment bitte'],
    ['fr', 'fr', 'Un instant'],
    ['es-MX', 'es', 'Un momento'],
    ['tlh', 'en', 'One moment'],
    ['nl,en;q=0.1', 'nl', 'Een &lt;moment&gt;'],
    [undefined, 'en', 'One moment'],
  ])('speaks the language of its reader: %s', async (acceptLanguage, language, title) => {
    const { visit } = captchaTestEnvironment({ captcha: { texts: { nl: { title: 'Een <moment>' } } } });
    const headers = { accept: 'text/html', ...(acceptLanguage && { 'accept-language': acceptLanguage }) };
    const verdict = await visit({ headers });
    const { body } = verdict.action === 'block' ? verdict.response : expect.unreachable();
    expect(body).toContain(`<html lang="${language}">`);
    expect(body).toContain(title);
  });

  it('is off where the options say so, and gives way to a remedy of the application', async () => {
    expect(await captchaTestEnvironment({ captcha: false }).visit()).toMatchObject({
      action: 'pass',
      remediation: 'captcha',
    });
    const own = captchaTestEnvironment({ remedies: { captcha: () => ({ status: 418, headers: {}, body: '' }) } });
    expect(await own.visit({ headers: BROWSER })).toMatchObject({ response: { status: 418 } });
    expect(own.crowdsec.health().captcha).toBeUndefined();
  });
});

describe('a solved captcha', () => {
  it('lets its client pass until its time is over, and is told and counted', async () => {
    const { crowdsec, time, visit, solve } = captchaTestEnvironment();
    const told: CaptchaSolved[] = [];
    crowdsec.on('captchaSolved', (event) => told.push(event));
    await visit({ headers: BROWSER });
    const verdict = await solve();
    const passUntil = time.clock.now() + HOUR_MS;
    expect(saidBy(verdict)).toEqual({ status: 200, kind: 'solved', expiresAt: passUntil });
    expect(told).toEqual([{ ip: CLIENT, remediation: 'captcha', origin: 'crowdsec', by: 'proof-of-work', passUntil }]);
    const [cookie = '', ...attributes] = String(verdict.response.headers['set-cookie']).split('; ');
    expect(attributes).toEqual(['Path=/', 'Max-Age=3600', 'HttpOnly', 'SameSite=Lax']);

    const headers = { cookie: `theme=dark; ${cookie}; b=c` };
    expect(await visit({ headers })).toEqual({
      action: 'pass',
      ip: CLIENT,
      remediation: 'captcha',
      origin: 'crowdsec',
    });
    await time.advance(HOUR_MS - 1);
    expect((await visit({ headers })).action).toBe('pass');
    await time.advance(1);
    expect((await visit({ headers })).action).toBe('block');
    const { captcha, requests } = crowdsec.health();
    expect(captcha).toMatchObject({ shown: 2, challenges: 1, solved: 1, passed: 2, refused: 0 });
    expect(requests).toMatchObject({ total: 6, blocked: 2, served: 2, found: { crowdsec: { captcha: 6 } } });
  });

  it.each([
    ['a page that came by https', { secure: true }, {}],
    ['a browser that names an https origin', {}, { origin: 'https://shop.example' }],
    ['a proxy that was asked by https', {}, { 'x-forwarded-proto': 'https' }],
    ['a proxy that speaks RFC 7239', {}, { forwarded: 'for=192.0.2.1;proto=https' }],
  ])('is told by a cookie for https alone to %s', async (_, more, headers) => {
    const { ask, challenge } = captchaTestEnvironment();
    const sent = solutionOf({ ...(await solved(await challenge())), ...more });
    const { response } = await ask(sent, { headers });
    expect(response.headers['set-cookie']).toMatch(/; Secure$/);
  });

  it('is checked without waiting for the store once its agent has started anew', async () => {
    const shared = { store: new Keyv(), namespace: 'shop' };
    const cookie = await captchaTestEnvironment(shared).pass();
    const { crowdsec } = captchaTestEnvironment(shared);
    await crowdsec.start();
    const facts = { remoteAddress: CLIENT, method: 'GET', path: '/shop', headers: { cookie } };
    const verdict = crowdsec.bouncer.inspect(facts);
    expect(verdict.action).toBe('pass');
    expect(verdict.settled).toBeUndefined();
  });

  it('counts for the /64 of an IPv6 client', async () => {
    const { pass, visit } = captchaTestEnvironment();
    const cookie = await pass({ ip: CLIENT_V6 });
    expect((await visit({ ip: NEIGHBOUR_V6, headers: { cookie } })).action).toBe('pass');
  });

  it('does not help against a ban', async () => {
    const { crowdsec, pass, visit } = captchaTestEnvironment();
    const cookie = await pass();
    crowdsec.decide({ ip: CLIENT, type: 'ban', scenario: 'acme/x' });
    expect(await visit({ headers: { cookie } })).toMatchObject({ action: 'block', remediation: 'ban' });
  });

  it('does not help where another remediation is found than the one it was solved for', async () => {
    const { crowdsec, pass, visit } = captchaTestEnvironment({
      remediations: ['ban', 'slow', 'captcha'],
      onUnhandled: 'block',
    });
    const cookie = await pass();
    crowdsec.decide({ ip: CLIENT, type: 'slow', scenario: 'acme/x' });
    expect(await visit({ headers: { cookie } })).toMatchObject({ action: 'block', remediation: 'slow' });
  });
});

describe('the endpoint', () => {
  it.each([CAPTCHA_PATH, `/shop${CAPTCHA_PATH}`, `/api/v1${CAPTCHA_PATH}`])(
    'is found at the root and below a prefix: %s',
    async (path) => {
      const { visit, ask, challenge } = captchaTestEnvironment();
      expect(await visit({ path, headers: BROWSER })).toMatchObject({ response: { status: 401 } });
      expect(saidBy(await ask(solutionOf(await solved(await challenge({ path }))), { path }))).toMatchObject({
        kind: 'solved',
      });
    },
  );

  it('gives programs that read JSON a challenge without more ado', async () => {
    const verdict = await captchaTestEnvironment().visit({
      path: CAPTCHA_PATH,
      headers: { accept: 'application/json' },
    });
    expect(verdict.action === 'block' && saidBy(verdict)).toMatchObject({ status: 200, kind: 'challenge' });
  });

  it('may be elsewhere', async () => {
    const { visit } = captchaTestEnvironment({ captcha: { path: '/wall' } });
    expect(await visit({ path: '/wall', ip: '192.0.2.1', headers: BROWSER })).toMatchObject({
      response: { status: 200 },
    });
    expect(await visit({ path: CAPTCHA_PATH, ip: '192.0.2.1' })).toMatchObject({ action: 'pass' });
  });

  it('tells those who need no captcha so, also where their path would be skipped', async () => {
    const { crowdsec, visit, ask, pass } = captchaTestEnvironment({
      skip: ({ path }) => path.startsWith('/.well-known/'),
    });
    const path = CAPTCHA_PATH;
    for (const asked of [
      { ip: '192.0.2.1', path },
      { path, headers: { cookie: await pass() } },
    ])
      expect(saidBy(await ask('challenge', asked))).toEqual({ status: 200, kind: 'not-required', required: false });
    expect(await visit({ ip: '192.0.2.1', path: '/.well-known/other' })).toMatchObject({ origin: 'skipped' });
    expect(await visit({ ip: '192.0.2.1', path: `${path}s` })).toMatchObject({ origin: 'skipped' });
    expect(crowdsec.health().requests).toMatchObject({ blocked: 0, served: 4, skipped: 2 });
  });

  it('is closed to who is banned', async () => {
    const { crowdsec, ask } = captchaTestEnvironment();
    crowdsec.decide({ ip: OTHER, type: 'ban', scenario: 'acme/x' });
    expect((await ask('challenge', { ip: OTHER, path: CAPTCHA_PATH })).response.status).toBe(403);
  });
});

describe('the options', () => {
  it.each<[unknown, string]>([
    [{ passMs: 1_000 }, 'options.captcha.passMs'],
    [{ path: '//elsewhere.example' }, 'options.captcha.path'],
    [{ path: 'https://elsewhere.example/' }, 'options.captcha.path'],
    [{ cookieName: 'a; Domain=b' }, 'options.captcha.cookieName'],
    [{ texts: { en: { titel: 'x' } } }, 'options.captcha.texts.en.titel'],
    [{ provider: {} }, 'options.captcha.provider'],
    [{ pass: 3 }, 'options.captcha.pass'],
    [true, 'options.captcha'],
  ])('are checked: %o', (captcha, path) => {
    expect(() => captchaTestEnvironment({ captcha: captcha as CaptchaOptions })).toThrow(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }),
    );
  });
});
