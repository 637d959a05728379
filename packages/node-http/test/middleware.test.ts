import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OFFLINE } from '@crowdsec-sdk/conformance';
import { createCrowdsec, type Crowdsec, type CrowdsecOptions } from '@crowdsec-sdk/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { crowdsecHandler, crowdsecMiddleware } from '../src/index.js';

const BANNED = '203.0.113.66';

describe('the middleware of node:http', () => {
  it('hands on who may pass, and tells the verdict', async () => {
    const guard = crowdsecMiddleware(await agent());
    const ask = await listening((request, response) => {
      guard(request, response, (error) => response.end(`${String(error)} ${guard.verdictOf(request)?.ip}`));
      expect(guard.verdictOf(request)?.ip).toBe('203.0.113.7');
    });
    expect(await ask('203.0.113.7')).toEqual([200, 'undefined 203.0.113.7']);
  });

  it('refuses, and hands on nothing', async () => {
    const guard = crowdsecMiddleware(await agent());
    let handed = 0;
    const ask = await listening((request, response) => guard(request, response, () => handed++));
    expect((await ask(BANNED))[0]).toBe(403);
    expect(handed).toBe(0);
  });

  it('judges by the URL as it arrived where a router took the mount off', async () => {
    const guard = crowdsecMiddleware(await agent({ skip: ['/api/health'] }));
    const ask = await listening((request, response) => {
      Object.assign(request, { originalUrl: `/api${request.url ?? ''}` });
      guard(request, response, () => response.end(guard.verdictOf(request)?.origin));
    });
    expect(await ask(BANNED, '/health')).toEqual([200, 'skipped']);
    expect((await ask(BANNED, '/other'))[0]).toBe(403);
  });

  it('tells `next` of an error of what comes later only where it had to wait', async () => {
    const guard = crowdsecMiddleware(await agent({ remedies: { ban: async () => 'pass' as const } }));
    const ask = await listening((request, response) => {
      guard(request, response, (error) => {
        if (error === undefined) throw new Error('later');
        response.end(error instanceof Error ? error.message : 'another');
      });
    });
    expect(await ask(BANNED)).toEqual([200, 'later']);
  });
});

describe('the handler of node:http', () => {
  it('returns what the application returns, and throws what it throws, where nothing has to be waited for', async () => {
    const crowdsec = await agent();
    const thrown = new Error('boom');
    const fails = crowdsecHandler(crowdsec, () => {
      throw thrown;
    });
    const returns = crowdsecHandler(crowdsec, () => 'returned');
    const seen: unknown[] = [];
    const ask = await listening((request, response) => {
      seen.push(returns(request, response));
      expect(() => fails(request, response)).toThrow(thrown);
      response.end();
    });
    await ask('203.0.113.7');
    expect(seen).toEqual(['returned']);
  });

  it('leaves an answer alone that a time-out sent while a remedy took its time', async () => {
    let decide = (_: 'pass' | undefined): void => undefined;
    const ban = (): Promise<'pass' | undefined> => new Promise((resolve) => (decide = resolve));
    const guard = crowdsecHandler(await agent({ remedies: { ban: ban as never } }), () => undefined);
    const judged: unknown[] = [];
    const ask = await listening((request, response) => {
      judged.push(guard(request, response));
      response.writeHead(503).end('late');
    });
    expect(await ask(BANNED)).toEqual([503, 'late']);
    decide(undefined);
    await expect(judged[0]).resolves.toBeUndefined();
  });
});

async function agent(options: Partial<CrowdsecOptions> = {}): Promise<Crowdsec> {
  const crowdsec = createCrowdsec({ ...OFFLINE, trustedProxies: 'loopback', ...options });
  await crowdsec.start();
  onTestFinished(() => crowdsec.stop());
  crowdsec.decide({ ip: BANNED, scenario: 'acme/x', duration: '1h' });
  return crowdsec;
}

/** A server on this machine; the function asks it as somebody, and tells status and text. */
async function listening(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return async (visitor: string, path = '/'): Promise<readonly [number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'x-forwarded-for': visitor } });
    return [answer.status, await answer.text()];
  };
}
