import {
  Inject,
  Module,
  type NestModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { createCrowdsec, type Crowdsec, type CrowdsecOptions } from '@crowdsec-sdk/core';
import { CrowdsecForbiddenFilter } from './crowdsec-forbidden.filter.js';
import { CrowdsecHealthIndicator } from './crowdsec-health.indicator.js';
import { CrowdsecGuard } from './crowdsec.guard.js';
import { CrowdsecMiddleware } from './crowdsec.middleware.js';
import { findSchedulerRegistry } from './find-scheduler-registry.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './module-definition.js';
import { endpointMiddleware } from './endpoint-middleware.js';
import { nestLogger } from './nest-logger.js';
import { recordBodies } from './record-bodies.js';
import { RegistryScheduler } from './registry-scheduler.js';
import { CROWDSEC } from './tokens.js';

/**
 * Runs one agent for the application: created with the module, started when the application is ready (that never waits for
 * CAPI), stopped with what it holds sent when the application shuts down.
 *
 * ```ts
 * @Module({ imports: [CrowdsecModule.forRoot({ env: 'prod', scenarios: ['acme/login-bruteforce'] })] })
 * export class AppModule {}
 * ```
 *
 * A wrong option rejects the creation of the application with a `CrowdsecError` that names it.
 */
@Module({
  providers: [
    {
      provide: RegistryScheduler,
      inject: [ModuleRef],
      useFactory: (moduleRef: ModuleRef) => new RegistryScheduler(findSchedulerRegistry(moduleRef)),
    },
    {
      provide: CROWDSEC,
      inject: [MODULE_OPTIONS_TOKEN, RegistryScheduler],
      useFactory: (options: CrowdsecOptions, scheduler: RegistryScheduler) =>
        createCrowdsec({
          ...options,
          logger: options.logger ?? nestLogger(),
          scheduler: options.scheduler ?? scheduler,
        }),
    },
    CrowdsecGuard,
    CrowdsecMiddleware,
    CrowdsecHealthIndicator,
    { provide: APP_FILTER, useClass: CrowdsecForbiddenFilter },
  ],
  exports: [CROWDSEC, CrowdsecGuard, CrowdsecMiddleware, CrowdsecHealthIndicator],
})
export class CrowdsecModule
  extends ConfigurableModuleClass
  implements NestModule, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  readonly #crowdsec: Crowdsec;
  readonly #scheduler: RegistryScheduler;
  readonly #middleware: CrowdsecMiddleware;
  readonly #adapterHost: HttpAdapterHost;

  constructor(
    @Inject(CROWDSEC) crowdsec: Crowdsec,
    scheduler: RegistryScheduler,
    middleware: CrowdsecMiddleware,
    adapterHost: HttpAdapterHost,
  ) {
    super();
    this.#crowdsec = crowdsec;
    this.#scheduler = scheduler;
    this.#middleware = middleware;
    this.#adapterHost = adapterHost;
    recordBodies(crowdsec, adapterHost);
  }

  /** Guards see only requests that have a route, and the captcha's endpoint has none. Global prefixes do not apply to it. */
  configure(): void {
    const { httpAdapter } = this.#adapterHost;
    // Without HTTP, as in an application of microservices, there is none, whatever its type says.
    (httpAdapter as typeof httpAdapter | undefined)?.use(endpointMiddleware(this.#crowdsec, this.#middleware));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.#crowdsec.start();
  }

  onModuleDestroy(): void {
    this.#scheduler.withdraw();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#crowdsec.stop();
  }
}
