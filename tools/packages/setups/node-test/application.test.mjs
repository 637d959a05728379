import { crowdsecMiddleware } from '@crowdsec-sdk/express';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import express from 'express';
import { equal } from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

const BANNED = '198.51.100.7';

void test('refuses a banned client, and no other', { timeout: 30_000 }, async (context) => {
  const sandbox = await startSandbox();
  context.after(() => sandbox.stop());
  sandbox.decisions.add([{ value: BANNED }]);
  const guard = crowdsecMiddleware({ apiUrl: sandbox.url, ephemeral: true, trustedProxies: 1 });
  context.after(() => guard.crowdsec.stop());
  const app = express()
    .use(guard)
    .get('/', (_request, response) => void response.send('page'));
  const server = app.listen(0, '127.0.0.1');
  context.after(() => server.close().closeAllConnections());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  while (guard.crowdsec.getIpRemediation(BANNED).remediation !== 'ban') await delay(20);
  const statusFor = async (/** @type {string} */ client) => {
    const { status } = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-forwarded-for': client } });
    return status;
  };
  equal(await statusFor(BANNED), 403);
  equal(await statusFor('203.0.113.1'), 200);
});
