import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCrowdsec } from '@crowdsec-sdk/core';
import { RouterContextProvider, createContext } from 'react-router';
import { expect, it, vi } from 'vitest';
import { crowdsecAgentContext, crowdsecContext, crowdsecMiddleware } from './index.js';

const agent = () => createCrowdsec({ env: 'dev', ephemeral: true });

async function requestThrough(guard: ReturnType<typeof crowdsecMiddleware>): Promise<IncomingMessage> {
  const server = createServer().listen(0, '127.0.0.1');
  const guarded = new Promise<IncomingMessage>((resolve) => {
    server.on('request', (request, response) => {
      guard(request, response, () => {
        resolve(request);
        response.end();
      });
    });
  });
  await once(server, 'listening');
  await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).text();
  server.close();
  return guarded;
}

it('hands the verdict and the agent on, in a context of the application where there is one', async () => {
  const crowdsec = agent();
  const guard = crowdsecMiddleware(crowdsec);
  const request = await requestThrough(guard);
  const mine = createContext<string>();
  const filled = new RouterContextProvider();
  filled.set(mine, 'mine');

  const context = guard.getLoadContext(request, undefined, filled);

  expect(context.get(mine)).toBe('mine');
  expect(context.get(crowdsecContext)).toMatchObject({ ip: '127.0.0.1', remediation: 'bypass' });
  expect(context.get(crowdsecAgentContext)).toBe(crowdsec);
});

it('gives null where no server has filled the context', () => {
  expect(new RouterContextProvider().get(crowdsecAgentContext)).toBeNull();
  expect(new RouterContextProvider().get(crowdsecContext)).toBeNull();
});

it('has the same contexts in each copy of the module', async () => {
  vi.resetModules();
  const copy = await import('./context.js');

  expect(copy.crowdsecAgentContext).toBe(crowdsecAgentContext);
  expect(copy.crowdsecContext).toBe(crowdsecContext);
});
