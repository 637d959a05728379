import type { Server } from 'node:http';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import { manualTime } from '@crowdsec-sdk/core/testing';
import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { agentOf, QUIET, runApp, sandboxWith } from '../test/running-app.js';
import { CrowdsecHealthIndicator, CrowdsecModule } from './index.js';

@Controller()
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly crowdsec: CrowdsecHealthIndicator,
  ) {}

  @Get('health')
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.crowdsec.isHealthy()]);
  }

  @Get('strict')
  @HealthCheck()
  strict(): Promise<HealthCheckResult> {
    return this.health.check([() => this.crowdsec.isHealthy('blocklist', { whenUnavailable: 'down' })]);
  }

  @Get('two-states')
  @HealthCheck()
  twoStates(): Promise<HealthCheckResult> {
    return this.health.check([() => this.crowdsec.isHealthy('crowdsec', { whenDegraded: 'up' })]);
  }
}

@Module({ imports: [TerminusModule.forRoot({ logger: false })], controllers: [HealthController] })
class AppModule {}

describe('CrowdsecHealthIndicator', () => {
  it('is up with decisions, degraded once they are stale, and calls nobody', async () => {
    const time = manualTime(Date.now());
    const sandbox = await sandboxWith({ value: '203.0.113.7' });
    const options = { ...(await agentOf(sandbox)), clock: time.clock };
    const { server } = await runApp({ module: AppModule, imports: [CrowdsecModule.forRoot(options)] });
    const calls = sandbox.calls.length;
    const fresh = await request(server).get('/health').expect(200);
    expect(fresh.body).toMatchObject({
      status: 'ok',
      info: { crowdsec: { status: 'up', decisions: 1, problems: [] } },
    });

    await time.advance(25 * 3_600_000);
    const stale = await request(server).get('/health').expect(200);
    const problems = [{ code: 'DECISIONS_STALE' }];
    expect(stale.body).toMatchObject({
      status: 'degraded',
      info: { crowdsec: { status: 'degraded', decisions: 1, problems } },
    });
    expect(sandbox.calls).toHaveLength(calls);
  });

  it('keeps a site in service that never reached CAPI, unless it is told otherwise', async () => {
    const options = { ...(await agentOf(await sandboxWith())), apiUrl: 'http://127.0.0.1:9' };
    const app = await NestFactory.create({ module: AppModule, imports: [CrowdsecModule.forRoot(options)] }, QUIET);
    onTestFinished(() => app.close());
    await app.init();
    const server = app.getHttpServer() as Server;
    const lenient = await request(server).get('/health').expect(200);
    expect(lenient.body).toMatchObject({ info: { crowdsec: { status: 'degraded', decisions: 0 } } });
    const strict = await request(server).get('/strict').expect(503);
    expect(strict.body).toMatchObject({ error: { blocklist: { status: 'down' } } });
  });

  it('is up where `degraded` is not known, and lists the problems all the same', async () => {
    const options = { ...(await agentOf(await sandboxWith())), apiUrl: 'http://127.0.0.1:9' };
    const app = await NestFactory.create({ module: AppModule, imports: [CrowdsecModule.forRoot(options)] }, QUIET);
    onTestFinished(() => app.close());
    await app.init();
    const { body } = await request(app.getHttpServer() as Server)
      .get('/two-states')
      .expect(200);
    expect(body).toMatchObject({ status: 'ok', info: { crowdsec: { status: 'up', decisions: 0 } } });
    expect((body as { info: { crowdsec: { problems: unknown[] } } }).info.crowdsec.problems).not.toEqual([]);
  });
});
