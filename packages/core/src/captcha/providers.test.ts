import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  captchaTestEnvironment,
  CLIENT,
  saidBy,
  solutionOf,
  solved,
  type CaptchaTestEnvironment,
} from '../../test/captcha-test-environment.js';
import type { CaptchaOptions } from './captcha-options.js';
import { hcaptcha, recaptcha, turnstile } from './providers.js';

const KEYS = { siteKey: 'site-key', secretKey: 'very-secret-key' };

/** What the three have in common, and where their documentation says they differ. */
const PROVIDERS = [
  ['turnstile', turnstile, 'turnstile', 'https://challenges.cloudflare.com'],
  ['hcaptcha', hcaptcha, 'hcaptcha', 'https://hcaptcha.com https://*.hcaptcha.com'],
  ['recaptcha', recaptcha, 'grecaptcha', 'https://www.google.com/recaptcha/'],
] as const;

describe.each(PROVIDERS)('%s', (name, make, global, frameSource) => {
  it('is asked whether its token is good, and the client passes if it is', async () => {
    const service = await standIn(({ response }) => response.end('{"success":true,"hostname":"shop.example"}'));
    const { ask, visit } = captchaTestEnvironment({ captcha: { provider: make({ ...KEYS, verifyUrl: service.url }) } });
    expect(saidBy(await ask('challenge'))).toMatchObject({
      kind: 'challenge',
      provider: { name, global, siteKey: 'site-key' },
    });
    const { response } = await ask(solutionOf({ token: 'a&token=1' }));
    const cookie = String(response.headers['set-cookie']).split(';')[0] ?? '';
    expect((await visit({ headers: { cookie } })).action).toBe('pass');
    expect(service.questions).toEqual([
      {
        headers: expect.objectContaining({ 'content-type': 'application/x-www-form-urlencoded' }) as object,
        form: { secret: 'very-secret-key', response: 'a&token=1', remoteip: CLIENT, sitekey: 'site-key' },
      },
    ]);
  });

  it('refuses a token that is used, expired or made up', async () => {
    const refusal = '{"success":false,"error-codes":["timeout-or-duplicate"]}';
    const service = await standIn(({ response }) => response.end(refusal));
    const { ask } = captchaTestEnvironment({ captcha: { provider: make({ ...KEYS, verifyUrl: service.url }) } });
    const refused = await ask(solutionOf({ token: 'used' }));
    expect(saidBy(refused)).toMatchObject({ status: 403, code: 'wrong' });
    expect(refused.response.headers['set-cookie']).toBeUndefined();
  });

  it('may be loaded by the page, and nobody else', async () => {
    const { visit } = captchaTestEnvironment({ captcha: { provider: make(KEYS) } });
    const verdict = await visit({ headers: { accept: 'text/html' } });
    const { headers } = verdict.action === 'block' ? verdict.response : expect.unreachable();
    expect(headers['content-security-policy']).toContain(`; frame-src ${frameSource}`);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'sha256-[^']+' https:/);
    expect(headers['content-security-policy']).not.toContain('unsafe');
  });

  it('shows its secret to nobody', () => {
    const provider = make(KEYS);
    expect(JSON.stringify(provider)).not.toContain('very-secret-key');
    expect(() => make({ ...KEYS, secretKey: '' })).toThrow(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path: `${name}.secretKey` }),
    );
  });
});

describe('a provider that does not say', () => {
  const FAILURES: readonly (readonly [string, (response: ServerResponse) => unknown])[] = [
    ['answers 500', (response) => response.writeHead(500).end('no')],
    ['hangs up', (response) => response.destroy()],
    ['never answers', () => undefined],
    ['begins, and never ends', (response) => response.writeHead(200).write('{"success":')],
    ['answers something else', (response) => response.end('<html>')],
    ['answers JSON that says nothing', (response) => response.end('{"success":"true"}')],
    ['answers a megabyte', (response) => response.end(`{"success":true,"x":"${'x'.repeat(1 << 20)}"}`)],
    ['sends elsewhere', (response) => response.writeHead(302, { location: '/other' }).end()],
    ['refuses our keys', (response) => response.end('{"success":false,"error-codes":["invalid-input-secret"]}')],
  ];

  it.each(FAILURES)('and %s, gives way to the proof of work', async (_, fail) => {
    const { ask, crowdsec, time } = await failing(fail);
    const refused = await ask(solutionOf({ token: 'x' }));
    expect(saidBy(refused)).toMatchObject({ status: 503, kind: 'failed', code: 'provider-unavailable', again: true });
    const { challenge } = saidBy(await ask('challenge'));
    expect(saidBy(await ask(solutionOf(await solved(challenge as never))))).toMatchObject({ kind: 'solved' });
    expect(crowdsec.health().captcha).toMatchObject({ providerFailures: 1, solved: 1 });
    await time.advance(30_000);
    expect(saidBy(await ask('challenge'))).toMatchObject({ provider: { name: 'turnstile' } });
  });

  it.each(['a\0b', 'a\r\nb', 'a b', 'ü', '', 'x'.repeat(8_193)])(
    'is not asked about what is no token, which it might call a bad question: %j',
    async (token) => {
      const service = await standIn(({ response }) => response.end('{"success":false,"error-codes":["bad-request"]}'));
      const { ask, crowdsec } = captchaTestEnvironment({
        captcha: { provider: turnstile({ ...KEYS, verifyUrl: service.url }), onProviderFailure: 'pass' },
      });
      expect(saidBy(await ask(solutionOf({ token })))).toMatchObject({ kind: 'refused' });
      expect(service.questions).toEqual([]);
      expect(crowdsec.health().captcha).toMatchObject({ providerFailures: 0, solved: 0 });
    },
  );

  it('lets clients pass where the options say so', async () => {
    const { ask } = await failing((response) => response.writeHead(500).end(), 'pass');
    expect(saidBy(await ask(solutionOf({ token: 'x' })))).toMatchObject({ kind: 'solved' });
  });

  it('keeps clients out where the options say so, by a proof of work of theirs too', async () => {
    const { ask } = await failing((response) => response.writeHead(500).end(), 'block');
    const refused = await ask(solutionOf({ token: 'x' }));
    expect(saidBy(refused)).toMatchObject({ status: 503, kind: 'failed' });
    expect(saidBy(refused).again).toBeUndefined();
    expect(saidBy(await ask('challenge'))).toMatchObject({ provider: { name: 'turnstile' } });
    const challenge = await captchaTestEnvironment().challenge();
    expect(saidBy(await ask(solutionOf(await solved(challenge))))).toMatchObject({ code: 'forged' });
  });

  async function failing(
    fail: (response: ServerResponse) => unknown,
    onProviderFailure?: CaptchaOptions['onProviderFailure'],
  ): Promise<CaptchaTestEnvironment> {
    const service = await standIn(({ response }) => fail(response));
    const provider = turnstile({ ...KEYS, verifyUrl: service.url });
    return captchaTestEnvironment({ captcha: { provider, providerTimeoutMs: 300, onProviderFailure } });
  }
});

it('takes a provider of the application, which may answer anything', async () => {
  let answer: unknown = 'true';
  const provider = {
    name: 'own',
    global: 'own',
    siteKey: 'k',
    scriptUrl: 'https://own.example/api.js',
    contentSecurityPolicy: { 'script-src': ['https://own.example'] },
    verify: () => Promise.resolve(answer as boolean),
  };
  const { ask } = captchaTestEnvironment({ captcha: { provider } });
  expect(saidBy(await ask(solutionOf({ token: 'x' })))).toMatchObject({ code: 'wrong' });
  answer = true;
  expect(saidBy(await ask(solutionOf({ token: 'x' })))).toMatchObject({ kind: 'solved' });
});

it.each([
  ['siteKey', { siteKey: undefined }],
  ['scriptUrl', { scriptUrl: 'javascript:alert(1)' }],
  ['global', { global: 7 }],
  ['contentSecurityPolicy', { contentSecurityPolicy: undefined }],
  ['contentSecurityPolicy', { contentSecurityPolicy: { 'img-src': 'https://own.example' } }],
  ['contentSecurityPolicy', { contentSecurityPolicy: { 'img-src': ['https://own.example\n'] } }],
  ['contentSecurityPolicy', { contentSecurityPolicy: { 'img-src': ['https://own.example; script-src *'] } }],
  ['contentSecurityPolicy', { contentSecurityPolicy: { 'img src': ['https://own.example'] } }],
])('refuses a provider of the application at once that no page could show: %s', (member, wrong) => {
  const provider = {
    name: 'own',
    global: 'own',
    siteKey: 'k',
    scriptUrl: 'https://own.example/api.js',
    contentSecurityPolicy: {},
    verify: () => Promise.resolve(true),
    ...wrong,
  };
  expect(() => captchaTestEnvironment({ captcha: { provider: provider as never } })).toThrow(
    expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path: `options.captcha.provider.${member}` }),
  );
});

interface Question {
  readonly headers: IncomingHttpHeaders;
  readonly form: Readonly<Record<string, string>>;
}

/** A service that is asked as the providers are. */
async function standIn(
  answer: (asked: Question & { readonly response: ServerResponse }) => unknown,
): Promise<{ readonly url: string; readonly questions: Question[] }> {
  const questions: Question[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const question = { headers: request.headers, form: Object.fromEntries(new URLSearchParams(body)) };
      questions.push(question);
      answer({ ...question, response });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`, questions };
}
