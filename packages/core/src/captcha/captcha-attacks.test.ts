import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  captchaTestEnvironment,
  CLIENT,
  LITTLE_WORK,
  OTHER,
  saidBy,
  solutionOf,
  solved,
  type CaptchaTestEnvironment,
} from '../../test/captcha-test-environment.js';
import { CAPTCHA_SCRIPT } from './captcha-script.js';
import { CHALLENGE_MS } from './proof-of-work.js';

const MINUTE_MS = 60_000;

describe('a solution is refused that', () => {
  it('was sent before', async () => {
    const { ask, challenge } = captchaTestEnvironment();
    const sent = solutionOf(await solved(await challenge()));
    expect(saidBy(await ask(sent))).toMatchObject({ kind: 'solved' });
    for (let i = 0; i < 3; i++) {
      const refused = await ask(sent);
      expect(saidBy(refused)).toMatchObject({ status: 403, kind: 'refused', code: 'replayed' });
      expect(refused.response.headers['set-cookie']).toBeUndefined();
    }
  });

  it('was sent twice at once', async () => {
    const { ask, challenge } = captchaTestEnvironment();
    const sent = solutionOf(await solved(await challenge()));
    const said = await Promise.all(Array.from({ length: 5 }, async () => saidBy(await ask(sent)).kind));
    expect(said.filter((kind) => kind === 'solved')).toHaveLength(1);
  });

  it('comes too late', async () => {
    const { ask, challenge, time } = captchaTestEnvironment();
    const sent = solutionOf(await solved(await challenge()));
    await time.advance(CHALLENGE_MS);
    expect(saidBy(await ask(sent))).toMatchObject({ code: 'expired', again: true });
  });

  it.each([
    ['by another address', { ip: OTHER }],
    ['by an address that is IPv6', { ip: '2001:db8:1:2::1' }],
  ])('was made %s', async (_, visit) => {
    const { ask, challenge } = captchaTestEnvironment();
    const sent = solutionOf(await solved(await challenge()));
    expect(saidBy(await ask(sent, visit))).toMatchObject({ status: 403, code: 'foreign' });
  });

  it('answers the challenge of another installation', async () => {
    const [here, there] = [captchaTestEnvironment(), captchaTestEnvironment()];
    const sent = solutionOf(await solved(await there.challenge()));
    expect(saidBy(await here.ask(sent))).toMatchObject({ code: 'forged' });
  });

  it('is wrong, whatever number is guessed', async () => {
    const { ask, challenge } = captchaTestEnvironment();
    const asked = await challenge();
    const { solution } = (await solved(asked)) as { solution: { counter: number; derivedKey: string } };
    const guesses = [
      { ...solution, derivedKey: '00'.repeat(32) },
      { ...solution, derivedKey: `${asked.parameters.keyPrefix}${'00'.repeat(16)}` },
      { ...solution, derivedKey: '' },
    ];
    for (const guess of guesses)
      expect(saidBy(await ask(solutionOf({ challenge: asked, solution: guess })))).toMatchObject({ code: 'wrong' });
  });

  it.each<[string, (challenge: Record<string, unknown>) => unknown]>([
    ['less work', (parameters) => ({ ...parameters, keyPrefix: '0' })],
    ['cheaper work', (parameters) => ({ ...parameters, cost: 1 })],
    ['a key signature of its own', (parameters) => ({ ...parameters, keySignature: undefined })],
    ['a later end', (parameters) => ({ ...parameters, data: { ...(parameters.data as object), until: 9e15 } })],
    ['another key', (parameters) => ({ ...parameters, data: { ...(parameters.data as object), key: 'AAAAAAAA' } })],
    ['another holder', (parameters) => ({ ...parameters, data: { ...(parameters.data as object), holder: 'x' } })],
  ])('answers a challenge that was changed to %s', async (_, change) => {
    const { ask, challenge } = captchaTestEnvironment();
    const asked = await challenge();
    const { solution } = await solved(asked);
    const parameters = change(asked.parameters as unknown as Record<string, unknown>);
    const sent = { challenge: { ...asked, parameters }, solution };
    expect(saidBy(await ask(solutionOf(sent)))).toMatchObject({ kind: 'refused', code: 'forged' });
  });

  it.each([
    ['nothing', 'solution '],
    ['no base64url', 'solution ***'],
    ['no JSON', solutionOf('{')],
    ['null', solutionOf('null')],
    ['a list', solutionOf('[]')],
    ['a deep nest', solutionOf('['.repeat(3_000))],
    ['numbers for texts', solutionOf({ challenge: { parameters: { data: {} }, signature: 1 }, solution: {} })],
    ['much', solutionOf('x'.repeat(8_000))],
    ['far too much', solutionOf('x'.repeat(100_000))],
    ['a prototype', solutionOf('{"__proto__":{"token":"x"},"constructor":1}')],
    ['another word', 'please'],
  ])('is %s', async (_, question) => {
    expect(saidBy(await captchaTestEnvironment().ask(question))).toMatchObject({
      status: 400,
      kind: 'refused',
      code: 'malformed',
    });
  });
});

describe('a pass is refused that', () => {
  it('was taken to another address', async () => {
    const { pass, visit } = captchaTestEnvironment();
    const cookie = await pass();
    expect((await visit({ headers: { cookie } })).action).toBe('pass');
    expect(await visit({ ip: OTHER, headers: { cookie } })).toMatchObject({ action: 'block', remediation: 'captcha' });
  });

  it('comes from another installation', async () => {
    const cookie = await captchaTestEnvironment().pass();
    expect((await captchaTestEnvironment().visit({ headers: { cookie } })).action).toBe('block');
  });

  it.each<[string, (cookie: string) => string]>([
    [
      'lives longer',
      (cookie) => cookie.replace(/\.(\w+)\./, (_, at: string) => `.${(parseInt(at, 36) + 1).toString(36)}.`),
    ],
    ['names another key', (cookie) => cookie.replace(/=[\w-]{8}/, '=AAAAAAAA')],
    ['has another signature', (cookie) => cookie.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))],
    ['has none', (cookie) => cookie.replace(/\.[^.]*$/, '.')],
    ['is cut off', (cookie) => cookie.slice(0, -1)],
    ['is twice as long', (cookie) => cookie + cookie],
    ['is empty', () => 'crowdsec-captcha='],
    ['is 16 kB of rubbish', () => `crowdsec-captcha=${'a.'.repeat(8_000)}`],
    [
      'stands behind more of its name than are read',
      (cookie) => `${'crowdsec-captcha=aaaaaaaa.a.'.concat('b'.repeat(43), '; ').repeat(4)}${cookie}`,
    ],
  ])('%s', async (_, change) => {
    const { pass, visit } = captchaTestEnvironment();
    const cookie = await pass();
    expect((await visit({ headers: { cookie: change(cookie) } })).action).toBe('block');
    expect((await visit({ headers: { cookie } })).action).toBe('pass');
  });

  it('was given by a clock that was a day ahead', async () => {
    const { pass, visit, time } = captchaTestEnvironment();
    time.jump(24 * 60 * MINUTE_MS);
    const cookie = await pass();
    time.jump(-24 * 60 * MINUTE_MS);
    expect((await visit({ headers: { cookie } })).action).toBe('block');
  });
});

describe('brute force', () => {
  it('meets a bound: of 10,000 wrong solutions few are looked at, and a minute later the client may solve', async () => {
    const { crowdsec, ask, challenge, solve, time } = captchaTestEnvironment();
    const { solution } = (await solved(await challenge())) as { solution: object };
    const wrong = solutionOf({ challenge: await challenge(), solution: { ...solution, derivedKey: 'ab'.repeat(32) } });
    const said = new Map<unknown, number>();
    for (let i = 0; i < 10_000; i++) {
      const { kind } = saidBy(await ask(wrong));
      said.set(kind, (said.get(kind) ?? 0) + 1);
    }
    expect(Object.fromEntries(said)).toEqual({ refused: 58, limited: 9_942 });
    expect(saidBy(await ask(wrong))).toMatchObject({ status: 429, code: 'too-often' });
    expect((await ask(wrong)).response.headers['retry-after']).toBe('1');
    expect(crowdsec.health().captcha).toMatchObject({ refused: 58, limited: 9_944, solved: 0 });
    await time.advance(MINUTE_MS);
    expect(saidBy(await solve())).toMatchObject({ kind: 'solved' });
  });

  it('is bound for all addresses of a /64 together, and for nobody else', async () => {
    const { ask } = captchaTestEnvironment({ captcha: { requestsPerMinute: 5 } });
    const kinds: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      const asked = { ip: i % 2 === 0 ? '2001:db8:1:2::1' : '2001:db8:1:2:ffff::2' };
      kinds.push(saidBy(await ask('challenge', asked)).kind);
    }
    expect(kinds).toEqual([...Array<string>(5).fill('challenge'), 'limited']);
    expect(saidBy(await ask('challenge'))).toMatchObject({ kind: 'challenge' });
  });

  it('is made harder for who solves again and again, and forgotten after a while', async () => {
    const { ask, solve, time } = captchaTestEnvironment({ captcha: { work: 100 * LITTLE_WORK } });
    const mostTries = async (): Promise<unknown> => saidBy(await ask('challenge')).mostTries;
    const seen: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      seen.push(await mostTries());
      await wrongly({ ask, solve });
    }
    seen.push(await mostTries());
    expect(seen).toEqual([750, 750, 750, 750, 1_500, 3_000]);
    await time.advance(60 * MINUTE_MS);
    expect(await mostTries()).toBe(750);
  });
});

describe('another site', () => {
  it('learns nothing and may send nothing: no answer allows it to read or to ask', async () => {
    const { visit, ask } = captchaTestEnvironment();
    const headers = { origin: 'https://evil.example', accept: 'text/html' };
    const preflight = {
      method: 'OPTIONS',
      headers: {
        ...headers,
        'access-control-request-headers': 'x-crowdsec-captcha',
        'access-control-request-method': 'POST',
      },
    };
    for (const verdict of [await visit(preflight), await visit({ headers }), await ask('challenge', { headers })]) {
      const { response } = verdict.action === 'block' ? verdict : expect.unreachable();
      const names = Object.keys(response.headers).map((name) => name.toLowerCase());
      expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
    expect(await visit(preflight)).toMatchObject({ response: { status: 401 } });
  });

  it('gets no pass by a form: without the header, nothing is a solution', async () => {
    const verdict = await captchaTestEnvironment().visit({ method: 'POST', path: '/.well-known/crowdsec/captcha' });
    const { response } = verdict.action === 'block' ? verdict : expect.unreachable();
    expect(response).toMatchObject({ status: 401 });
    expect(response.headers['set-cookie']).toBeUndefined();
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n//evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    '\\\\evil.example',
    ' //evil.example',
    '/.//evil.example',
    '/%2f%2fevil.example',
    '@evil.example',
    '',
  ])('is never where the wall leads: ?return=%j', async (back) => {
    expect(new URL(await whereTo(back), SITE).origin).toBe(SITE);
  });

  it.each(['/', '/cart?a=b#c', '/a//b'])('is no matter for paths of this one: ?return=%j', async (back) => {
    expect(new URL(await whereTo(back), SITE).href).toBe(`${SITE}${back}`);
  });
});

/** Sends a wrong solution, which counts as a right one does. */
async function wrongly({ ask }: Pick<CaptchaTestEnvironment, 'ask' | 'solve'>): Promise<void> {
  const { challenge } = saidBy(await ask('challenge'));
  const solution = { counter: 1, derivedKey: 'ab'.repeat(32) };
  expect(saidBy(await ask(solutionOf({ challenge, solution }), { ip: CLIENT }))).toMatchObject({ code: 'wrong' });
}

const SITE = 'https://shop.example';

/** Runs the wall's script at the endpoint, for somebody who need not solve anything, and tells where it goes. */
async function whereTo(back: string): Promise<string> {
  const href = `${SITE}/.well-known/crowdsec/captcha?return=${encodeURIComponent(back)}`;
  const { pathname, search } = new URL(href);
  return new Promise<string>((resolve, reject) => {
    const element = {
      dataset: { endpoint: pathname, method: 'GET', texts: '{}' },
      addEventListener: () => undefined,
      removeAttribute: () => undefined,
    };
    const page = {
      document: { querySelector: () => element, getElementById: () => ({ ...element }) },
      location: {
        href,
        pathname,
        search,
        origin: SITE,
        protocol: 'https:',
        replace: resolve,
        reload: () => reject(new Error('it was loaded again')),
      },
      navigator: { cookieEnabled: true },
      sessionStorage: { getItem: () => null, setItem: () => undefined },
      fetch: () =>
        Promise.resolve(new Response('{"required":false}', { headers: { 'x-crowdsec-captcha': 'not-required' } })),
    };
    runInNewContext(CAPTCHA_SCRIPT, { ...page, URL, URLSearchParams });
  });
}
