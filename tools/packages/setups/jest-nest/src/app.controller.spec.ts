import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { CROWDSEC } from '@crowdsec-sdk/nestjs';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { AppModule } from './app.module';

describe('AppController', () => {
  let sandbox: Sandbox;
  let app: INestApplication<Server>;

  beforeAll(async () => {
    sandbox = await startSandbox();
    sandbox.decisions.add([{ value: '203.0.113.7' }]);
    const options = {
      apiUrl: sandbox.url,
      ephemeral: true,
      scenarios: ['acme/login-bruteforce'],
      trustedProxies: 'loopback',
    };
    const module = await Test.createTestingModule({ imports: [AppModule.with(options)] }).compile();
    app = module.createNestApplication();
    const refreshed = new Promise((resolve) => app.get<Crowdsec>(CROWDSEC).on('refreshed', resolve));
    await app.listen(0, '127.0.0.1');
    await refreshed;
  }, 60_000);

  afterAll(async () => {
    await app.close();
    await sandbox.stop();
  });

  const get = (path: string, ip: string) => request(app.getHttpServer()).get(path).set('X-Forwarded-For', ip);

  it('answers', () => get('/', '192.0.2.1').expect(200, 'Hello World!'));

  it('refuses who is banned', () => get('/', '203.0.113.7').expect(403));

  it('reports', async () => {
    await get('/login', '198.51.100.1').expect(401);
    await app.get<Crowdsec>(CROWDSEC).flushSignals();
    expect(sandbox.signals).toHaveLength(1);
  });

  it('tells its health by Terminus 11', async () => {
    const { body } = await get('/health', '203.0.113.7').expect(200);
    expect(body).toMatchObject({ status: 'ok', info: { crowdsec: { status: 'up', decisions: 1 } } });
  });

  it('shows its jobs in the registry of the schedule', () => {
    expect(app.get(SchedulerRegistry).getTimeouts()).toContain('crowdsec:refresh');
  });
});
