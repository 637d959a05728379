import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { crowdsecHandler, crowdsecMiddleware } from '../src/index.js';
import { agent, BANNED, listening } from './running-agent.js';

describe('the middleware of node:http', () => {
  it('hands on who may pass, and tells the verdict', async () => {
    const guard = crowdsecMiddleware(await agent());
    const ask = await served((request, response) => {
      guard(request, response, (error) => response.end(`${String(error)} ${guard.verdictOf(request)?.ip}`));
      expect(guard.verdictOf(request)?.ip).toBe('203.0.113.7');
    });
    expect(await ask('203.0.113.7')).toEqual([200, 'undefined 203.0.113.7']);
  });

  it('refuses, and hands on nothing', async () => {
    const guard = crowdsecMiddleware(await agent());
    let handed = 0;
    const ask = await served((request, response) => guard(request, response, () => handed++));
    expect((await ask(BANNED))[0]).toBe(403);
    expect(handed).toBe(0);
  });

  it('judges by the URL as it arrived where a router took the mount off', async () => {
    const guard = crowdsecMiddleware(await agent({ skip: ['/api/health'] }));
    const ask = await served((request, response) => {
      Object.assign(request, { originalUrl: `/api${request.url ?? ''}` });
      guard(request, response, () => response.end(guard.verdictOf(request)?.origin));
    });
    expect(await ask(BANNED, '/health')).toEqual([200, 'skipped']);
    expect((await ask(BANNED, '/other'))[0]).toBe(403);
  });

  it('tells `next` of an error of what comes later only where it had to wait', async () => {
    const guard = crowdsecMiddleware(await agent({ remedies: { ban: async () => 'pass' as const } }));
    const ask = await served((request, response) => {
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
    const ask = await served((request, response) => {
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
    const ask = await served((request, response) => {
      judged.push(guard(request, response));
      response.writeHead(503).end('late');
    });
    expect(await ask(BANNED)).toEqual([503, 'late']);
    decide(undefined);
    await expect(judged[0]).resolves.toBeUndefined();
  });
});

/** A server on this machine; the function asks it as somebody, and tells status and text. */
async function served(listener: RequestListener) {
  const url = await listening(createServer(listener));
  return async (visitor: string, path = '/'): Promise<readonly [number, string]> => {
    const answer = await fetch(new URL(path, url), { headers: { 'x-forwarded-for': visitor } });
    return [answer.status, await answer.text()];
  };
}
