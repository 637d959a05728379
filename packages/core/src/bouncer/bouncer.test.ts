import { describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../logger.js';
import type { IpRemediation } from '../remediation/ip-remediation.js';
import { manualTime } from '../testing/manual-time.js';
import { banRemedy } from './ban-remedy.js';
import { Bouncer } from './bouncer.js';
import type { BlockedRequest, BouncerOptions } from './bouncer-options.js';
import type { Remedy } from './remedy.js';
import type { RequestFacts } from './verdict.js';

const DECISIONS: Readonly<Record<string, IpRemediation>> = {
  '203.0.113.1': { remediation: 'ban', origin: 'CAPI' },
  '203.0.113.2': { remediation: 'captcha', origin: 'lists:bots' },
  '203.0.113.9': { remediation: 'bypass', origin: 'unavailable' },
};

describe('a verdict', () => {
  it('passes who has done nothing', () => {
    expect(bouncer().inspect(from('192.0.2.1'))).toEqual({
      action: 'pass',
      ip: '192.0.2.1',
      remediation: 'bypass',
      origin: 'clean',
    });
  });

  it('blocks a banned client at once, with an answer for every kind of host', async () => {
    const verdict = bouncer().inspect(from('::ffff:203.0.113.1'));
    expect(verdict).toMatchObject({
      action: 'block',
      ip: '203.0.113.1',
      remediation: 'ban',
      origin: 'CAPI',
      response: { status: 403 },
    });
    const response = verdict.action === 'block' ? verdict.toResponse() : new Response();
    expect(response.status).toBe(403);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toContain('Access denied');
  });

  it.each([
    ['onUnavailable', '203.0.113.9'],
    ['onInvalidIp', undefined],
    ['onUnhandled', '203.0.113.2'],
  ] as const)('%s decides, pass unless told otherwise', (option, ip) => {
    expect(bouncer().inspect(from(ip)).action).toBe('pass');
    expect(bouncer({ [option]: 'block' }).inspect(from(ip))).toMatchObject({
      action: 'block',
      response: { status: 403 },
    });
  });

  it('refuses a request whose connection was reset, whatever options and remedies say, and tells of it', () => {
    const blocked: BlockedRequest[] = [];
    const lenient = bouncer({
      onInvalidIp: 'pass',
      trustedProxies: 1,
      clientIp: () => '192.0.2.1',
      remedies: { ban: () => 'pass' },
      onBlocked: (request) => blocked.push(request),
    });
    const reset = { ...from(undefined), disconnected: true };
    expect(lenient.inspect(reset)).toMatchObject({ action: 'block', ip: undefined, origin: 'disconnected' });
    expect(lenient.counts).toMatchObject({ total: 1, blocked: 1, found: { disconnected: { bypass: 1 } } });
    expect(blocked).toEqual([
      { ip: undefined, remediation: 'bypass', origin: 'disconnected', method: 'GET', path: '/', enforced: true },
    ]);
    expect(bouncer({ mode: 'log' }).inspect(reset)).toMatchObject({ action: 'pass', origin: 'disconnected' });
    expect(bouncer({ skip: ['/'] }).inspect(reset).action).toBe('pass');
  });

  it('only logs in log mode, whoever it is', () => {
    const blocked: BlockedRequest[] = [];
    const info = vi.fn();
    const logging = bouncer({
      mode: 'log',
      onBlocked: (request) => blocked.push(request),
      logger: { ...silentLogger, info },
    });
    expect(logging.inspect(from('203.0.113.1'))).toMatchObject({ action: 'pass', remediation: 'ban', origin: 'CAPI' });
    expect(blocked).toEqual([
      { ip: '203.0.113.1', remediation: 'ban', origin: 'CAPI', method: 'GET', path: '/', enforced: false },
    ]);
    expect(info).toHaveBeenCalledWith(
      expect.stringContaining('203.0.113.1'),
      expect.objectContaining({ code: 'WOULD_BLOCK' }),
    );
  });
});

describe('the listener for blocked requests', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('listener failed');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('listener failed'))],
  ])('that %s changes no verdict, and is logged', async (_, onBlocked: () => void) => {
    const error = vi.fn();
    const told = bouncer({ onBlocked, logger: { ...silentLogger, error } });
    expect(told.inspect(from('203.0.113.1')).action).toBe('block');
    await expect
      .poll(() => error.mock.calls)
      .toMatchObject([[expect.stringContaining('listener failed'), { code: 'LISTENER_FAILED' }]]);
  });
});

describe('a remedy', () => {
  const page = { status: 200, headers: { 'content-type': 'text/html' }, body: 'Prove it' };

  it('answers its remediation', () => {
    const captcha = vi.fn<Remedy>(() => page);
    const verdict = bouncer({ remedies: { captcha } }).inspect(from('203.0.113.2', '/shop'));
    expect(verdict).toMatchObject({ action: 'block', remediation: 'captcha', response: page });
    expect(captcha).toHaveBeenCalledWith({
      facts: from('203.0.113.2', '/shop'),
      ip: '203.0.113.2',
      remediation: 'captcha',
      origin: 'lists:bots',
    });
  });

  it('may let the client pass', () => {
    expect(bouncer({ remedies: { captcha: () => 'pass' } }).inspect(from('203.0.113.2')).action).toBe('pass');
  });

  it('may take the place of the built-in ban', () => {
    expect(bouncer({ remedies: { ban: () => page } }).inspect(from('203.0.113.1'))).toMatchObject({ response: page });
  });

  it('may take its time: a plain refusal for hosts that cannot wait, the answer for those that do', async () => {
    const verdict = bouncer({ remedies: { captcha: () => Promise.resolve(page) } }).inspect(from('203.0.113.2'));
    expect(verdict).toMatchObject({ action: 'block', response: { status: 403 } });
    expect(await verdict.settled).toMatchObject({ action: 'block', response: page });
  });

  it.each<[string, Remedy]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['answers no status', () => ({ ...page, status: 0 })],
    ['answers a header that splits', () => ({ ...page, headers: { location: '/\r\nset-cookie: a=b' } })],
    ['answers a header name that is none', () => ({ ...page, headers: { 'a b': '' } })],
    ['answers no body', () => ({ ...page, body: undefined as unknown as string })],
    ['answers nothing', () => null as unknown as typeof page],
    ['resolves to nothing', () => Promise.resolve(undefined as unknown as typeof page)],
  ])('that %s has failed: onError decides', async (_, captcha) => {
    const error = vi.fn();
    for (const onError of ['pass', 'block'] as const) {
      const failing = bouncer({ remedies: { captcha }, onError, logger: { ...silentLogger, error } });
      const verdict = failing.inspect(from('203.0.113.2'));
      expect(await (verdict.settled ?? verdict)).toMatchObject({ action: onError, origin: 'failed' });
      expect(failing.counts.failed).toBe(1);
    }
    expect(error).toHaveBeenCalledTimes(2);
  });

  it('that hangs has failed after half a minute', async () => {
    const time = manualTime();
    const hanging = bouncer({
      remedies: { captcha: () => new Promise(() => undefined) },
      onError: 'block',
      scheduler: time.scheduler,
    });
    const verdict = hanging.inspect(from('203.0.113.2'));
    await time.advance(30_000);
    expect(await verdict.settled).toMatchObject({ action: 'block', origin: 'failed' });
    expect(time.pending()).toEqual([]);
  });
});

describe('skipping', () => {
  it.each([
    [['/health'], '/health', true],
    [['/health'], '/health/deep', false],
    [['/health'], '/Health', false],
    [['/assets/*'], '/assets/app.js', true],
    [['/assets/*'], '/assets', false],
    [['/assets/*'], '/assets/../admin', false],
    [['/assets/*'], '/assets/%2E%2e/admin', false],
    [['/assets/*'], '/assets/..%5cadmin', false],
    [['/assets/*'], '/assets//admin', false],
    [(facts: RequestFacts) => facts.method === 'GET', '/anything', true],
  ])('%o lets %s by: %s', (skip, path, skipped) => {
    const verdict = bouncer({ skip }).inspect(from('203.0.113.1', path));
    expect(verdict.origin).toBe(skipped ? 'skipped' : 'CAPI');
  });
});

describe('whatever comes', () => {
  it.each([
    ['no facts at all', undefined],
    ['no headers', { remoteAddress: '203.0.113.1', method: 'GET', path: '/' }],
    ['numbers for texts', { remoteAddress: 1, method: 2, path: 3, headers: { accept: 4, 'x-forwarded-for': 5 } }],
    [
      'a header object that throws',
      {
        ...from('203.0.113.1'),
        headers: {
          get: () => {
            throw new Error('no');
          },
        },
      },
    ],
  ])('never throws: %s', (_, facts) => {
    for (const options of [
      {},
      { onError: 'block', trustedProxies: 'private' },
      {
        clientIp: () => {
          throw new Error('no');
        },
      },
    ] as const) {
      expect(bouncer(options).inspect(facts as unknown as RequestFacts).action).toMatch(/pass|block/);
      expect(() => bouncer(options).clientIp(facts as unknown as RequestFacts)).not.toThrow();
    }
  });

  it('counts it by origin and remediation', () => {
    const counting = bouncer({ skip: ['/health'] });
    for (const ip of ['192.0.2.1', '192.0.2.2', '203.0.113.1', '203.0.113.2', undefined]) counting.inspect(from(ip));
    counting.inspect(from('203.0.113.1', '/health'));
    expect(counting.counts).toEqual({
      total: 6,
      skipped: 1,
      blocked: 1,
      served: 0,
      wouldBlock: 0,
      failed: 0,
      found: { clean: { bypass: 2 }, CAPI: { ban: 1 }, 'lists:bots': { captcha: 1 }, invalid: { bypass: 1 } },
    });
  });

  it('warns once, with a code and where to read on, of a header that is not believed', () => {
    const warn = vi.fn();
    const warning = bouncer({ logger: { ...silentLogger, warn } });
    const facts = { ...from('192.0.2.1'), headers: { 'x-forwarded-for': '203.0.113.1' } };
    warning.inspect(facts);
    warning.inspect(facts);
    expect(warn).toHaveBeenCalledOnce();
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/^CROWDSEC_PROXY_NOT_TRUSTED: .* https:\/\//), {
      code: 'CROWDSEC_PROXY_NOT_TRUSTED',
    });
  });

  it('warns once of trusting everybody', () => {
    const warn = vi.fn();
    const warning = bouncer({ logger: { ...silentLogger, warn }, trustedProxies: () => true });
    for (let i = 0; i < 2; i++)
      warning.inspect({ ...from('192.0.2.1'), headers: { 'x-forwarded-for': '203.0.113.1' } });
    expect(warn).toHaveBeenCalledOnce();
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/^CROWDSEC_PROXY_TRUSTS_EVERYBODY: /), {
      code: 'CROWDSEC_PROXY_TRUSTS_EVERYBODY',
    });
  });
});

function bouncer({ remedies, ...options }: Partial<BouncerOptions> = {}): Bouncer {
  const getIpRemediation = (ip: string): IpRemediation => DECISIONS[ip] ?? { remediation: 'bypass', origin: 'clean' };
  return new Bouncer({ getIpRemediation, ...options, remedies: { ban: banRemedy(), ...remedies } });
}

function from(remoteAddress: string | undefined, path = '/'): RequestFacts {
  return { remoteAddress, method: 'GET', path, headers: {} };
}
