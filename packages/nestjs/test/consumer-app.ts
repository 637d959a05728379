/**
 * A small application that uses the package as its users do, in TypeScript that is good for CommonJS and for ES modules. It brings its
 * own CAPI, bans 203.0.113.7, runs on the platform that `PLATFORM` names, tells where it listens once it holds that decision, and after
 * each further call how many signals it sent.
 */
export const CONSUMER_APP = `
import 'reflect-metadata';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Inject, Injectable, Module, UnauthorizedException, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Crowdsec, CrowdsecOptions, PassVerdict, RequestFacts } from '@crowdsec-sdk/core';
import {
  CROWDSEC,
  CrowdsecGuard,
  CrowdsecHealthIndicator,
  CrowdsecMiddleware,
  CrowdsecModule,
  InjectCrowdsec,
  Remediation,
  ReportOn,
  SkipCrowdsec,
  type CrowdsecHealthResult,
  type CrowdsecOptionsFactory,
} from '@crowdsec-sdk/nestjs';
import { startSandbox } from '@crowdsec-sdk/sandbox';

@Injectable()
class OwnGuard extends CrowdsecGuard {
  protected override getFacts(context: ExecutionContext): RequestFacts {
    return super.getFacts(context);
  }
}

@Controller()
class AppController {
  constructor(
    @InjectCrowdsec() private readonly crowdsec: Crowdsec,
    private readonly health: CrowdsecHealthIndicator,
  ) {}

  @Get()
  hello(@Remediation() verdict: PassVerdict | undefined, @Remediation('ip') ip: string | undefined): object {
    return { ip, origin: verdict?.origin, count: this.crowdsec.health().decisions.count };
  }

  @Get('health')
  @SkipCrowdsec()
  status(): Record<'crowdsec', CrowdsecHealthResult> {
    return this.health.isHealthy();
  }

  @Get('login')
  @ReportOn({ on: [401, UnauthorizedException], scenario: 'acme/login-bruteforce', decision: { type: 'ban', duration: '4h' } })
  login(): never {
    throw new UnauthorizedException();
  }
}

const OPTIONS = Symbol('options');

@Injectable()
class Options implements CrowdsecOptionsFactory {
  constructor(@Inject(OPTIONS) private readonly options: CrowdsecOptions) {}

  createCrowdsecOptions(): CrowdsecOptions {
    return this.options;
  }
}

@Module({})
class AppModule {}

async function main(): Promise<void> {
  const sandbox = await startSandbox();
  sandbox.decisions.add([{ value: '203.0.113.7' }]);
  const options: CrowdsecOptions = {
    apiUrl: sandbox.url,
    stateDir: process.env.STATE_DIR,
    scenarios: ['acme/login-bruteforce'],
    trustedProxies: 'loopback',
  };
  const root = {
    module: AppModule,
    imports: [
      CrowdsecModule.forRootAsync({
        imports: [{ module: class OptionsModule {}, providers: [{ provide: OPTIONS, useValue: options }], exports: [OPTIONS] }],
        useClass: Options,
      }),
    ],
    controllers: [AppController],
    providers: [{ provide: APP_GUARD, useClass: OwnGuard }],
  };
  const app = await NestFactory.create(root, process.env.PLATFORM === 'fastify' ? new FastifyAdapter() : new ExpressAdapter());
  app.use(app.get(CrowdsecMiddleware).use);
  app.enableShutdownHooks();
  const crowdsec = app.get<Crowdsec>(CROWDSEC);
  const refreshed = new Promise((resolve) => crowdsec.on('refreshed', resolve));
  await app.listen(0, '127.0.0.1');
  await refreshed;
  sandbox.onCall(() => console.log(JSON.stringify({ signals: sandbox.signals.length })));
  console.log(JSON.stringify({ port: ((app.getHttpServer() as Server).address() as AddressInfo).port }));
}

void main();
`;
