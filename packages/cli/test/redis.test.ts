import { createCrowdsec, silentLogger } from '@crowdsec-sdk/core';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startRedis } from '../../../tools/redis-server.mjs';
import { folderWith, runCommand } from './run-command.js';

it('works on the installation of an agent on Redis, configured by variables, whose secrets it never shows', async () => {
  const redis = await startRedis({ tcp: true, args: ['--requirepass', 's3cr3t-Of-Redis-77'] });
  onTestFinished(() => redis.dispose());
  await using sandbox = await startSandbox();
  const store = `redis://:s3cr3t-Of-Redis-77@127.0.0.1:${redis.port}`;
  const cwd = await folderWith({ 'redis-url': `${store}\n` });
  const env = {
    CROWDSEC_API_URL: sandbox.url,
    CROWDSEC_STORE_FILE: `${cwd}/redis-url`,
    CROWDSEC_NAMESPACE: 'shop',
    CROWDSEC_SCENARIOS: 'acme/a,acme/b',
  };
  await using agent = createCrowdsec({
    apiUrl: sandbox.url,
    store,
    namespace: 'shop',
    scenarios: ['acme/a', 'acme/b'],
    logger: silentLogger,
  });
  await agent.start();
  await vi.waitUntil(() => sandbox.calls.some(({ path }) => path.includes('stream')), { timeout: 20_000 });
  const logins = sandbox.calls.filter(({ path }) => path.endsWith('/login')).length;

  const added = await runCommand(['decisions', 'add', '--ip', '203.0.113.7'], { cwd, env });
  expect(added.code).toBe(0);
  await vi.waitUntil(() => agent.getIpRemediation('203.0.113.7').remediation === 'ban', { timeout: 20_000 });
  agent.decide({ ip: '203.0.113.8', scenario: 'acme/a' });
  await vi.waitUntil(
    async () => {
      const { json } = await runCommand(['decisions', 'list', '--origin', 'crowdsec', '--json'], { cwd, env });
      return (json() as unknown[]).length === 2;
    },
    { timeout: 20_000 },
  );
  const status = await runCommand(['capi', 'status', '--json'], { cwd, env });
  expect(status.json()).toMatchObject({ identity: 'validated', machineId: agent.health().identity.machineId });
  const shown = await runCommand(['config', 'show'], { cwd, env });
  expect(shown.stdout).toContain(`redis://:********@127.0.0.1:${redis.port}`);
  const outputs = [added, status, shown].map(({ stdout, stderr }) => stdout + stderr).join('');
  expect(outputs).not.toContain('s3cr3t');
  expect(sandbox.calls.filter(({ path }) => path.endsWith('/login'))).toHaveLength(logins);

  await redis.stop();
  const away = await runCommand(['decisions', 'list'], { cwd, env: { ...env, CROWDSEC_STORE_TIMEOUT_MS: '500' } });
  expect(away.stderr).toMatch(/^crowdsec-sdk: CROWDSEC_STORE_UNAVAILABLE: .*\n$/m);
  expect(away.stderr).not.toContain('s3cr3t');
  expect(away.code).toBe(1);
});
