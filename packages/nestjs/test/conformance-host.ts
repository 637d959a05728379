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
  UseGuards,
  type DynamicModule,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import type { Server } from 'node:http';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { listenByTls, portOf, type Host } from '@crowdsec-sdk/conformance';
import { silentLogger, type Crowdsec, type CrowdsecOptions, type VerdictFacts } from '@crowdsec-sdk/core';
import { CrowdsecGuard, CrowdsecMiddleware, CrowdsecModule, InjectCrowdsec, Remediation } from '../src/index.js';
import { QUIET, type Platform } from './running-app.js';

/** The application of the conformance suite on a platform of Nest: the middleware for everything, the guard on every route. */
export function nestHost({ platform, adapter, acceptBytes }: Platform): Host {
  return {
    adapter: `nestjs (${platform.toLowerCase()})`,
    peers: true,
    functions: true,
    sockets: true,
    async start({ crowdsec, hostname, tls, socketPath }) {
      const app = await NestFactory.create(suiteApp(crowdsec), adapter(), OPTIONS);
      acceptBytes(app);
      app.use(app.get(CrowdsecMiddleware).use);
      await (socketPath === undefined ? app.listen(0, hostname) : app.listen(socketPath));
      const server = app.getHttpServer() as Server;
      const front = tls ? await listenByTls(server, hostname) : undefined;
      return {
        port: front?.port ?? portOf(server),
        async stop() {
          front?.close();
          await app.close();
        },
      };
    },
  };
}

const OPTIONS: typeof QUIET = { ...QUIET, bodyParser: false, forceCloseConnections: true };

function suiteApp(options: CrowdsecOptions): DynamicModule {
  return { module: SuiteModule, imports: [CrowdsecModule.forRoot({ logger: silentLogger, ...options })] };
}

@Controller()
class SuiteController {
  #orders = 0;

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

  @Get('guarded')
  @UseGuards(CrowdsecGuard)
  guarded(@Remediation() verdict: VerdictFacts): object {
    return this.whoami(verdict);
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

  @Post('order')
  @HttpCode(200)
  order(): string {
    this.#orders++;
    return 'ordered';
  }

  @Get('orders')
  orders(): string {
    return `${this.#orders}`;
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
