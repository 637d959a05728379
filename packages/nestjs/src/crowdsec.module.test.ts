import { Inject, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import type { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
import { describe, expect, it } from 'vitest';
import { agentOf, runApp, sandboxWith } from '../test/running-app.js';
import { CROWDSEC, CrowdsecModule, InjectCrowdsec, type CrowdsecOptionsFactory } from './index.js';

const SIGNAL = { ip: '192.0.2.1', scenario: 'acme/login-bruteforce' };

describe('CrowdsecModule', () => {
  it('is global: any provider gets the agent', async () => {
    @Injectable()
    class Service {
      constructor(@InjectCrowdsec() readonly crowdsec: Crowdsec) {}
    }
    @Module({ providers: [Service] })
    class FeatureModule {}

    const sandbox = await sandboxWith({ value: '203.0.113.7' });
    const { app, crowdsec } = await runApp(rootOf(CrowdsecModule.forRoot(await agentOf(sandbox)), FeatureModule));
    expect(app.get(Service, { strict: false }).crowdsec).toBe(crowdsec);
    expect(crowdsec.getIpRemediation('203.0.113.7').remediation).toBe('ban');
  });

  it('stays within the module that imports it when it is not global', async () => {
    @Injectable()
    class Service {
      constructor(@InjectCrowdsec() readonly crowdsec: Crowdsec) {}
    }
    @Module({ providers: [Service] })
    class FeatureModule {}

    const options = await agentOf(await sandboxWith());
    const module = Test.createTestingModule({
      imports: [CrowdsecModule.forRoot({ ...options, isGlobal: false }), FeatureModule],
    });
    await expect(module.compile()).rejects.toThrow(/CROWDSEC/);
  });

  it('sends what is buffered when the application shuts down', async () => {
    const sandbox = await sandboxWith();
    const { app, crowdsec } = await runApp(rootOf(CrowdsecModule.forRoot(await agentOf(sandbox))));
    await crowdsec.report(SIGNAL).stored;
    expect(sandbox.signals).toEqual([]);
    await app.close();
    expect(sandbox.signals.map(({ signal }) => signal.source.value)).toEqual(['192.0.2.1']);
  });

  it('rejects the creation of the application when an option is wrong, and names it', async () => {
    const options: CrowdsecOptions = { ...(await agentOf(await sandboxWith())), userAgentSuffix: 'bad suffix!' };
    const module = Test.createTestingModule({ imports: [CrowdsecModule.forRoot(options)] });
    await expect(module.compile()).rejects.toMatchObject({
      code: 'CROWDSEC_OPTION_INVALID',
      path: 'options.userAgentSuffix',
    });
  });
});

describe('CrowdsecModule.forRootAsync', () => {
  const OPTIONS = Symbol('options');

  @Injectable()
  class Factory implements CrowdsecOptionsFactory {
    constructor(@Inject(OPTIONS) private readonly options: CrowdsecOptions) {}

    createCrowdsecOptions(): CrowdsecOptions {
      return this.options;
    }
  }

  @Module({})
  class ConfigModule {}

  const config = (options: CrowdsecOptions): DynamicModule => ({
    module: ConfigModule,
    providers: [{ provide: OPTIONS, useValue: options }, Factory],
    exports: [OPTIONS, Factory],
  });

  it.each([
    ['useFactory', { inject: [OPTIONS], useFactory: (options: CrowdsecOptions) => Promise.resolve(options) }],
    ['useClass', { useClass: Factory }],
    ['useExisting', { useExisting: Factory }],
  ])('takes the options by %s, from an imported module', async (_way, asked) => {
    const sandbox = await sandboxWith({ value: '203.0.113.7' });
    const options = { ...(await agentOf(sandbox)), userAgentSuffix: 'AcmeShop' };
    const { crowdsec } = await runApp(rootOf(CrowdsecModule.forRootAsync({ imports: [config(options)], ...asked })));
    expect(crowdsec.userAgent).toMatch(/^csnodecapi_AcmeShop\//);
    expect(crowdsec.getIpRemediation('203.0.113.7').remediation).toBe('ban');
  });
});

describe('CrowdsecModule and @nestjs/schedule', () => {
  it('shows what is scheduled in the registry of the application', async () => {
    const sandbox = await sandboxWith();
    const { app, crowdsec } = await runApp(
      rootOf(CrowdsecModule.forRoot(await agentOf(sandbox)), ScheduleModule.forRoot()),
    );
    const registry = app.get(SchedulerRegistry);
    await expect.poll(() => registry.getTimeouts()).toContain('crowdsec:refresh');
    crowdsec.report(SIGNAL);
    await expect.poll(() => registry.getTimeouts()).toContain('crowdsec:signals');
    await app.close();
    expect(registry.getTimeouts()).toEqual([]);
    expect(sandbox.signals).toHaveLength(1);
  });

  it('runs on timers of its own without it', async () => {
    const sandbox = await sandboxWith({ value: '203.0.113.7' });
    const { app, crowdsec } = await runApp(rootOf(CrowdsecModule.forRoot(await agentOf(sandbox))));
    expect(() => app.get(SchedulerRegistry, { strict: false })).toThrow();
    await expect.poll(() => crowdsec.health().decisions.nextPullAt).toBeGreaterThan(Date.now());
  });

  it('leaves a scheduler of the options in charge', async () => {
    const names: string[] = [];
    const scheduler = {
      schedule: (name: string) => {
        names.push(name);
        return { [Symbol.dispose]: () => undefined };
      },
    };
    const options = { ...(await agentOf(await sandboxWith())), scheduler };
    const app = await Test.createTestingModule({
      imports: [CrowdsecModule.forRoot(options), ScheduleModule.forRoot()],
    }).compile();
    await app.init();
    expect(names).not.toEqual([]);
    expect(app.get(SchedulerRegistry).getTimeouts()).toEqual([]);
    await app.get<Crowdsec>(CROWDSEC).stop();
  });
});

@Module({})
class RootModule {}

function rootOf(...imports: NonNullable<DynamicModule['imports']>): DynamicModule {
  return { module: RootModule, imports };
}
