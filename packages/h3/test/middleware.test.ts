import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OFFLINE } from '@crowdsec-sdk/conformance';
import { createCrowdsec, type Crowdsec, type CrowdsecOptions } from '@crowdsec-sdk/core';
import { EXTENSION_API_VERSION, type Extension } from '@crowdsec-sdk/core/extension';
import { H3, toMiddleware, toNodeHandler } from 'h3-2';
import { createApp, defineEventHandler, toNodeListener, type EventHandler } from 'h3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { crowdsecMiddleware, type CrowdsecEventContext, type CrowdsecMiddleware } from '../src/index.js';

const BANNED = '203.0.113.66';
const CLEAN = '203.0.113.7';

/** An application of both versions that answers every request, behind these guards. */
const VERSIONS: readonly (readonly [string, (guards: readonly CrowdsecMiddleware[]) => RequestListener])[] = [
  [
    'h3 2',
    (guards) => {
      const app = new H3();
      for (const guard of guards) app.use(guard);
      return toNodeHandler(app.all('/**', (event) => `hello ${clientOf(event)}`));
    },
  ],
  [
    'h3 2, by toMiddleware',
    (guards) => {
      const app = new H3();
      for (const guard of guards) app.use(toMiddleware(guard));
      return toNodeHandler(app.all('/**', (event) => `hello ${clientOf(event)}`));
    },
  ],
  [
    'h3 1',
    (guards) => {
      const app = createApp();
      for (const guard of guards) app.use(guard);
      app.use(defineEventHandler((event) => `hello ${event.context.crowdsec?.ip}`));
      const answer = toNodeListener(app);
      return (request, response) => void answer(request, response);
    },
  ],
];

/** The types of h3 1 are those that the package is compiled with. */
function clientOf({ context }: { readonly context: object }): string | undefined {
  return (context as CrowdsecEventContext).crowdsec?.ip;
}

describe.each(VERSIONS)('the middleware of %s', (_, createListener) => {
  it('refuses by a 404 too, where the owner says so', async () => {
    const ask = await listening(createListener([crowdsecMiddleware(await agent({ ban: { status: 404 } }))]));
    expect(await ask(CLEAN)).toEqual([200, `hello ${CLEAN}`]);
    const [status, text] = await ask(BANNED);
    expect(status).toBe(404);
    expect(text).not.toContain('hello');
  });

  it('sends each cookie of a refusal in a line of its own', async () => {
    const ban = () => ({ status: 403, headers: { 'set-cookie': ['a=1', 'b=2'] }, body: '' });
    const listener = createListener([crowdsecMiddleware(await agent({ remedies: { ban } }))]);
    const server = await started(listener);
    const answer = await fetch(server, { headers: { 'x-forwarded-for': BANNED } });
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it('judges a request once for several guards of one agent', async () => {
    const crowdsec = await agent();
    const ask = await listening(createListener([crowdsecMiddleware(crowdsec), crowdsecMiddleware(crowdsec)]));
    expect((await ask(CLEAN))[0]).toBe(200);
    expect(crowdsec.bouncer.counts.total).toBe(1);
  });
});

describe('the middleware of h3 2 without Node', () => {
  it('judges by a number of proxies, tells detectors of refusals, and takes requests of the application for the same', async () => {
    const statuses: number[] = [];
    const listener: Extension = {
      name: 'test.listener',
      apiVersion: EXTENSION_API_VERSION,
      detectors: [
        {
          name: 'answers',
          on: ['response'],
          detect: (event) => void (event.kind === 'response' && statuses.push(event.status)),
        },
      ],
    };
    const crowdsec = await agent({ trustedProxies: 1, extensions: [listener] });
    const app: H3 = new H3()
      .use(crowdsecMiddleware(crowdsec))
      .get('/inner', (event) => `inner ${clientOf(event)}`)
      .get('/outer', (event) => app.request('/inner', event.req, event.context));
    const ask = (path: string, ip: string) => app.request(path, { headers: { 'x-forwarded-for': ip } });
    expect(await (await ask('/outer', CLEAN)).text()).toBe(`inner ${CLEAN}`);
    expect((await ask('/outer', BANNED)).status).toBe(403);
    expect(crowdsec.bouncer.counts.total).toBe(2);
    await expect.poll(() => statuses).toEqual([403]);
  });
});

it('fits the types of both versions', async () => {
  const guard = crowdsecMiddleware(await agent());
  const handler: EventHandler = guard;
  expect(handler).toBe(guard);
});

async function agent(options: Partial<CrowdsecOptions> = {}): Promise<Crowdsec> {
  const crowdsec = createCrowdsec({ ...OFFLINE, trustedProxies: 'loopback', ...options });
  await crowdsec.start();
  onTestFinished(() => crowdsec.stop());
  crowdsec.decide({ ip: BANNED, scenario: 'acme/x', duration: '1h' });
  return crowdsec;
}

async function started(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function listening(listener: RequestListener) {
  const url = await started(listener);
  return async (visitor: string): Promise<readonly [number, string]> => {
    const answer = await fetch(url, { headers: { 'x-forwarded-for': visitor } });
    return [answer.status, await answer.text()];
  };
}
