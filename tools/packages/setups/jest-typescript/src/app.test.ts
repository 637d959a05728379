import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import request from 'supertest';
import { createCrowdsec, type Crowdsec } from '@crowdsec-sdk/core';
import { nodeFacts } from '@crowdsec-sdk/core/adapter';
import type { Extension } from '@crowdsec-sdk/core/extension';
import { manualTime } from '@crowdsec-sdk/core/testing';
import { crowdsecMiddleware } from '@crowdsec-sdk/express';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';

let sandbox: Sandbox;
let agent: Crowdsec;
let server: Server;

beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.decisions.add([{ value: '203.0.113.7' }]);
  const extension: Extension = { name: 'acme.nothing', apiVersion: 1 };
  agent = createCrowdsec({
    apiUrl: sandbox.url,
    ephemeral: true,
    scenarios: ['acme/login'],
    trustedProxies: 'loopback',
    extensions: [extension],
  });
  const refreshed = new Promise((resolve) => agent.on('refreshed', resolve));
  await agent.start();
  await refreshed;
  const app = express();
  app.use(crowdsecMiddleware(agent));
  app.get('/', (_, response) => void response.send('Hello'));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}, 60_000);

afterAll(async () => {
  await agent.stop();
  server.close();
  await sandbox.stop();
});

const visit = (ip: string) =>
  request(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    .get('/')
    .set('X-Forwarded-For', ip);

it('lets pass who is not known', () => visit('192.0.2.1').expect(200, 'Hello'));

it('refuses who is banned', () => visit('203.0.113.7').expect(403));

it('reports', async () => {
  agent.report({ ip: '198.51.100.1', scenario: 'acme/login' });
  await agent.flushSignals();
  expect(sandbox.signals).toHaveLength(1);
});

it('has the entries for adapters and tests', () => {
  expect(typeof nodeFacts).toBe('function');
  expect(manualTime(1_000).clock.now()).toBe(1_000);
});
