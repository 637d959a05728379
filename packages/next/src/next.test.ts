import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { silentLogger, type CrowdsecOptions } from '@crowdsec-sdk/core';
import { NextRequest, NextResponse, type NextFetchEvent } from 'next/server.js';
import { afterEach, describe, expect, it } from 'vitest';
import { createCrowdsecProxy, getCrowdsec, registerCrowdsec, withCrowdsec } from './index.js';

const KEY = Symbol.for('@crowdsec-sdk/next');

/** Nobody listens there: nothing leaves this machine, and every client is unknown. */
const options: CrowdsecOptions = {
  apiUrl: 'http://127.0.0.1:9',
  ephemeral: true,
  logger: silentLogger,
  trustedProxies: 1,
};
const request = new NextRequest('http://shop.example/cart?a=b', { headers: { 'x-forwarded-for': '203.0.113.7' } });
/** Only handed on. */
const event = undefined as unknown as NextFetchEvent;

afterEach(async () => {
  const place = globalThis as { [KEY]?: { stop(): Promise<void> } };
  await place[KEY]?.stop();
  Reflect.deleteProperty(place, KEY);
  delete process.env.NEXT_PHASE;
});

describe('the rule that tells the client', () => {
  it.each([{}, { trustedProxies: 'private' }, { trustedProxies: 0 }] satisfies Partial<CrowdsecOptions>[])(
    'is required: %o',
    (given) => {
      const build = (): unknown => createCrowdsecProxy({ ...options, trustedProxies: undefined, ...given });
      expect(build).toThrow(/^options\.trustedProxies: Next does not tell who is connected, so say how many proxies/);
      expect(() => getCrowdsec()).toThrow(/There is no agent yet/);
    },
  );

  it('may be a function', () => {
    const clientIp: CrowdsecOptions['clientIp'] = ({ headers }) =>
      (headers as Headers).get('x-forwarded-for') ?? undefined;
    const { crowdsec } = createCrowdsecProxy({ ...options, trustedProxies: undefined, clientIp });
    expect(
      crowdsec.bouncer.inspect({ remoteAddress: undefined, method: 'GET', path: '/', headers: request.headers }).ip,
    ).toBe('203.0.113.7');
  });
});

describe('the agent of a process', () => {
  it('is one, whoever asks first', async () => {
    const crowdsec = await registerCrowdsec(options);
    expect(createCrowdsecProxy({ ...options, mode: 'log' }).crowdsec).toBe(crowdsec);
    expect(getCrowdsec()).toBe(crowdsec);
  });

  it('is not started by a build', async () => {
    process.env.NEXT_PHASE = 'phase-production-build';
    const crowdsec = await registerCrowdsec(options);
    createCrowdsecProxy(options);
    expect(crowdsec.health().problems.map(({ code }) => code)).toContain('NOT_STARTED');
  });
});

describe('the proxy', () => {
  it('lets Next go on', async () => {
    const answer = await createCrowdsecProxy(options)(request, event);
    expect(answer.headers.get('x-middleware-next')).toBe('1');
  });

  it('asks the proxy of the application next, and takes its silence for going on', async () => {
    const redirecting = createCrowdsecProxy(options, () => NextResponse.redirect('http://shop.example/login'));
    expect((await redirecting(request, event)).status).toBe(307);
    const silent = createCrowdsecProxy(options, () => undefined);
    expect((await silent(request, event)).headers.get('x-middleware-next')).toBe('1');
  });

  it('answers who is refused, and asks nobody else', async () => {
    const proxy = createCrowdsecProxy({ ...options, onUnavailable: 'block' }, () => expect.unreachable());
    expect((await proxy(request, event)).status).toBe(403);
  });
});

describe('a request whose connection was reset', () => {
  it.each([
    ['the proxy', () => createCrowdsecProxy(options, () => expect.unreachable())(request, event)],
    [
      'a guarded route handler',
      () => withCrowdsec(() => expect.unreachable())(request, { params: Promise.resolve({}) }),
    ],
  ])('goes no further than %s', async (_, guard) => {
    const { crowdsec } = createCrowdsecProxy(options);
    const answers: (number | string)[] = [];
    const server = createServer((incoming) => void answer(incoming));
    const answer = async ({ socket }: IncomingMessage): Promise<void> => {
      await new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
      answers.push(
        await guard().then(
          ({ status }) => status,
          (error: unknown) => String(error),
        ),
      );
    };
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    socket.resetAndDestroy();
    await expect.poll(() => answers).toEqual([403]);
    expect(crowdsec.bouncer.counts.found).toEqual({ disconnected: { bypass: 1 } });
    server.close();
  });
});

describe('a guarded route handler', () => {
  const handler = withCrowdsec((_request, { crowdsec, params }) =>
    Response.json({ ip: crowdsec.ip, params: params instanceof Promise }),
  );
  const context = { params: Promise.resolve({}) };

  it('finds the verdict beside its parameters', async () => {
    createCrowdsecProxy(options);
    expect(await (await handler(request, context)).json()).toEqual({ ip: '203.0.113.7', params: true });
  });

  it('is not called for who is refused', async () => {
    createCrowdsecProxy({ ...options, onUnavailable: 'block' });
    expect((await handler(request, context)).status).toBe(403);
  });

  it('is not prerendered by force, which would answer everybody', async () => {
    process.env.NEXT_PHASE = 'phase-production-build';
    createCrowdsecProxy(options);
    await expect(handler(request, context)).rejects.toThrow(
      /this route is prerendered: remove `dynamic = 'force-static'`/,
    );
  });

  it('says what is missing where there is no agent', async () => {
    await expect(handler(request, context)).rejects.toMatchObject({ code: 'CROWDSEC_OPTION_INVALID' });
  });
});
