import { crowdsecMiddleware } from '@crowdsec-sdk/express';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import express from 'express';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';

const BANNED = '198.51.100.7';

/** @type {import('@crowdsec-sdk/sandbox').Sandbox} */
let sandbox;
/** @type {import('@crowdsec-sdk/express').CrowdsecMiddleware} */
let guard;
/** @type {import('node:http').Server} */
let server;

beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.decisions.add([{ value: BANNED }]);
  guard = crowdsecMiddleware({ apiUrl: sandbox.url, ephemeral: true, trustedProxies: 1 });
  const app = express()
    .use(guard)
    .get('/', (_request, response) => void response.send('page'));
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await guard.crowdsec.stop();
  await sandbox.stop();
});

it('refuses a banned client, and no other', async () => {
  await expect.poll(() => guard.crowdsec.getIpRemediation(BANNED).remediation, { timeout: 20_000 }).toBe('ban');
  expect(await statusFor(BANNED)).toBe(403);
  expect(await statusFor('203.0.113.1')).toBe(200);
}, 30_000);

/** @param {string} client */
async function statusFor(client) {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { status } = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-forwarded-for': client } });
  return status;
}
