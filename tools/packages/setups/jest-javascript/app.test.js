const { createCrowdsec, maxmindGeo, silentLogger } = require('@crowdsec-sdk/core');
const { crowdsecPlugin } = require('@crowdsec-sdk/fastify');
const { startSandbox } = require('@crowdsec-sdk/sandbox');
const fastify = require('fastify');

let sandbox;
let agent;
let app;

beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.decisions.add([{ value: '203.0.113.7' }]);
  agent = createCrowdsec({
    apiUrl: sandbox.url,
    ephemeral: true,
    scenarios: ['acme/login'],
    trustedProxies: 'loopback',
  });
  const refreshed = new Promise((resolve) => agent.on('refreshed', resolve));
  await agent.start();
  await refreshed;
  app = fastify();
  await app.register(crowdsecPlugin, { crowdsec: agent });
  app.get('/', async () => 'Hello');
  await app.listen({ port: 0, host: '127.0.0.1' });
}, 60_000);

afterAll(async () => {
  await app.close();
  await agent.stop();
  await sandbox.stop();
});

const visit = (ip) => fetch(app.listeningOrigin, { headers: { 'X-Forwarded-For': ip } });

it('lets pass who is not known', async () => {
  expect((await visit('192.0.2.1')).status).toBe(200);
});

it('refuses who is banned', async () => {
  expect((await visit('203.0.113.7')).status).toBe(403);
});

it('loads an optional package that is installed, and names one that is not', async () => {
  await expect(maxmindGeo({ country: '/nowhere.mmdb' }).open()).rejects.toThrow("can't be read as a database");
  const withRedis = createCrowdsec({
    apiUrl: sandbox.url,
    store: 'redis://127.0.0.1:1',
    namespace: 'x',
    logger: silentLogger,
  });
  await withRedis.start();
  const [problem] = withRedis.health().problems;
  await withRedis.stop();
  expect(problem.message).toContain('npm install @keyv/redis');
});
