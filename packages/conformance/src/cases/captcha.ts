import { expect, it } from 'vitest';
import { CAPTCHA_HEADER as HEADER, sendSolution, solutionFor, solveCaptcha } from '../solve-captcha.js';
import type { Subject } from '../suite.js';
import { BANNED, BANNED_V6, CLEAN } from '../test-environment.js';
import { visit } from '../visit.js';

const ENDPOINT = '/.well-known/crowdsec/captcha';
/** A client of a banned range, so that what one test asks does not count for another. */
const ANOTHER = '192.0.2.200';
/** Who is banned is to solve a captcha instead, one of little work. */
const FLEX = { bouncingLevel: 'flex', captcha: { work: 10_000 } } as const;

/** The wall, its endpoint, and who passes. */
export function captchaCases({ environment }: Subject): void {
  it('shows browsers a wall, under a policy that runs nothing but its own script, and sets no cookie', async () => {
    const answer = await visit(await environment().host(FLEX), BANNED)
      .set('accept', 'text/html')
      .expect(401);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/=]+'; /);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', [HEADER]: 'wall' });
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers['x-app']).toBeUndefined();
    expect(answer.text).toContain('<noscript>');
  });

  it.each(['/hello', '/nothing-here'])('tells programs what to do, and sends them nowhere: %s', async (path) => {
    const answer = await visit(await environment().host(FLEX), BANNED, path)
      .set({ accept: 'application/json', 'x-requested-with': 'XMLHttpRequest' })
      .expect(401);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(JSON.parse(answer.text)).toMatchObject({ status: 401, captcha: { endpoint: ENDPOINT, header: HEADER } });
  });

  it('runs no handler for who has not solved, also where a form is sent', async () => {
    const running = await environment().host(FLEX);
    const ordered = async (): Promise<string> => (await visit(running, CLEAN, '/orders').expect(200)).text;
    const before = await ordered();
    await visit(running, BANNED, '/order', 'post').expect(401);
    expect(await ordered()).toBe(before);
  });

  it.each([ENDPOINT, `/any/prefix${ENDPOINT}`, '/hello'])(
    'lets a client pass that has solved at %s, and nobody else by its cookie',
    async (url) => {
      const running = await environment().host(FLEX);
      const answer = await solveCaptcha(running, BANNED, url);
      const [cookie = ''] = answer.cookies;
      expect(answer).toMatchObject({ status: 200, kind: 'solved' });
      expect(cookie).toMatch(/^crowdsec-captcha=[\w.-]+; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/);
      const pass = cookie.split(';')[0] ?? '';
      for (let i = 0; i < 2; i++)
        expect((await visit(running, BANNED).set('cookie', `theme=dark; ${pass}`).expect(200)).text).toBe('hello');
      await visit(running, ANOTHER).set('cookie', pass).expect(401);
      await visit(running, BANNED_V6).set('cookie', pass).expect(401);
      await visit(running, BANNED).set('cookie', `${pass}x`).expect(401);
      const answered = await visit(running, BANNED, '/whoami').set('cookie', pass).expect(200);
      expect(answered.body).toEqual({ ip: BANNED, remediation: 'captcha', origin: 'CAPI' });
    },
  );

  it('limits the cookie to https where the page came by it', async () => {
    const running = await environment().host(FLEX);
    const { cookies } = await solveCaptcha(running, BANNED, ENDPOINT, { origin: 'https://shop.example' });
    expect(cookies[0]).toMatch(/; Secure$/);
  });

  it('refuses what was sent before, and what was solved for somebody else', async () => {
    const running = await environment().host(FLEX);
    const solution = await solutionFor(running, BANNED, ENDPOINT);
    expect(await sendSolution(running, ANOTHER, ENDPOINT, solution)).toMatchObject({
      status: 403,
      kind: 'refused',
      cookies: [],
    });
    expect(await sendSolution(running, BANNED, ENDPOINT, solution)).toMatchObject({ status: 200, kind: 'solved' });
    expect(await sendSolution(running, BANNED, ENDPOINT, solution)).toMatchObject({
      status: 403,
      kind: 'refused',
      cookies: [],
    });
    expect(await sendSolution(running, BANNED, ENDPOINT, 'rubbish')).toMatchObject({ status: 400, kind: 'refused' });
  });

  it('tells clients at the endpoint that need no captcha so', async () => {
    const answer = await visit(await environment().host(FLEX), CLEAN, ENDPOINT)
      .set(HEADER, 'challenge')
      .expect(200);
    expect(answer.headers[HEADER]).toBe('not-required');
  });

  it('lets nobody of another site ask, and reads no form as a solution', async () => {
    const running = await environment().host(FLEX);
    const preflight = await visit(running, BANNED, ENDPOINT, 'options').set({
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': HEADER,
    });
    expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    const form = await visit(running, BANNED, ENDPOINT, 'post').type('form').send('solution=x').expect(401);
    expect(form.headers['set-cookie']).toBeUndefined();
  });

  it('leaves the endpoint and its clients to the application where it is off', async () => {
    const running = await environment().host({ bouncingLevel: 'flex', captcha: false });
    await visit(running, BANNED).expect(200);
    await visit(running, CLEAN, ENDPOINT).expect(404);
  });
}
