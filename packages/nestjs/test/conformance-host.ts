import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  HttpException,
  Module,
  Post,
  StreamableFile,
  type DynamicModule,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Host } from '@crowdsec-sdk/conformance';
import { silentLogger, type Crowdsec, type CrowdsecOptions, type VerdictFacts } from '@crowdsec-sdk/core';
import { CrowdsecGuard, CrowdsecMiddleware, CrowdsecModule, InjectCrowdsec, Remediation } from '../src/index.js';
import { QUIET, type Platform } from './running-app.js';

/** The application of the conformance suite on a platform of Nest: the middleware for everything, the guard on every route. */
export function nestHost({ platform, adapter, acceptBytes }: Platform): Host {
  return {
    adapter: `nestjs (${platform.toLowerCase()})`,
    peers: true,
    functions: true,
    async start({ crowdsec, hostname }) {
      const app = await NestFactory.create(suiteApp(crowdsec), adapter(), OPTIONS);
      acceptBytes(app);
      app.use(app.get(CrowdsecMiddleware).use);
      await app.listen(0, hostname);
      const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
      return { port, stop: () => app.close() };
    },
  };
}

const OPTIONS: typeof QUIET = { ...QUIET, bodyParser: false, forceCloseConnections: true };

function suiteApp(options: CrowdsecOptions): DynamicModule {
  return { module: SuiteModule, imports: [CrowdsecModule.forRoot({ logger: silentLogger, ...options })] };
}

@Controller()
class SuiteController {
  constructor(@InjectCrowdsec() private readonly crowdsec: Crowdsec) {}

  @Get('hello')
  @Header('x-app', 'hello')
  hello(): string {
    return 'hello';
  }

  @Get('whoami')
  whoami(@Remediation() verdict: VerdictFacts): object {
    const { ip = null, remediation, origin } = verdict;
    return { ip, remediation, origin };
  }

  @Get('stream')
  stream(): StreamableFile {
    const stream = new PassThrough();
    stream.write('one\n');
    void delay(100).then(() => stream.end('two\n'));
    return new StreamableFile(stream);
  }

  @Get('never')
  never(): Promise<never> {
    return new Promise(() => undefined);
  }

  @Post('echo')
  @HttpCode(200)
  echo(@Body() body: Buffer): StreamableFile {
    return new StreamableFile(body);
  }

  @Get('teapot')
  teapot(): never {
    throw new HttpException('teapot', 418);
  }

  @Get('boom')
  boom(): never {
    throw new Error('boom');
  }

  @Post('report')
  @HttpCode(200)
  async report(): Promise<string> {
    const decision = { type: 'ban', duration: '4h' };
    await this.crowdsec.report({ ip: '198.51.100.66', scenario: 'acme/login-bruteforce', decision }).stored;
    return 'reported';
  }
}

@Module({ controllers: [SuiteController], providers: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }] })
class SuiteModule {}
