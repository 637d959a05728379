import { Module } from '@nestjs/common';
import { expect, it, vi } from 'vitest';
import { agentOf, runApp, sandboxWith } from '../test/running-app.js';
import { CrowdsecModule } from './index.js';

vi.mock('@nestjs/schedule', () => {
  throw new Error("Cannot find package '@nestjs/schedule'");
});

@Module({})
class RootModule {}

it('works where @nestjs/schedule is not installed', async () => {
  await expect(import('@nestjs/schedule')).rejects.toThrow();
  const sandbox = await sandboxWith({ value: '203.0.113.7' });
  const { app, crowdsec } = await runApp({
    module: RootModule,
    imports: [CrowdsecModule.forRoot(await agentOf(sandbox))],
  });
  expect(crowdsec.getIpRemediation('203.0.113.7').remediation).toBe('ban');
  await crowdsec.report({ ip: '192.0.2.1', scenario: 'acme/login-bruteforce' }).stored;
  await app.close();
  expect(sandbox.signals).toHaveLength(1);
});
