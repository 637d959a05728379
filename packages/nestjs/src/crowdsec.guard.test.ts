import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Catch,
  Controller,
  Get,
  Injectable,
  Module,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type DynamicModule,
  type INestApplication,
} from '@nestjs/common';
import { APP_GUARD, HttpAdapterHost } from '@nestjs/core';
import type { Crowdsec, CrowdsecOptions, RemedyRequest, RequestFacts } from '@crowdsec-sdk/core';
import { nodeFacts } from '@crowdsec-sdk/core/adapter';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { agentInMemory, platforms, runApp, sandboxWith, type RunningApp } from '../test/running-app.js';
import { CROWDSEC, CrowdsecForbiddenException, CrowdsecGuard, CrowdsecMiddleware, CrowdsecModule } from './index.js';

describe.each(platforms)('CrowdsecGuard on $platform', ({ adapter }) => {
  async function runShop(
    options: Partial<CrowdsecOptions> = { trustedProxies: 'loopback' },
    prepare?: (app: INestApplication) => void,
  ): Promise<RunningApp> {
    const sandbox = await sandboxWith({ value: '203.0.113.7' }, { value: '2001:db8:bad::/48' });
    return runApp(shop({ ...agentInMemory(sandbox), ...options }), adapter(), prepare);
  }

  it('lets a clean client pass', async () => {
    const { server } = await runShop();
    await request(server).get('/guarded').set('X-Forwarded-For', '192.0.2.1').expect(200, 'welcome');
  });

  it.each(['203.0.113.7', '::ffff:203.0.113.7', '2001:db8:bad::1', '2001:DB8:BAD:0:0:0:0:2'])(
    'refuses the banned %s',
    async (ip) => {
      const { server } = await runShop();
      await request(server).get('/guarded').set('X-Forwarded-For', ip).expect(403);
    },
  );

  it('answers with status, headers and body of the verdict', async () => {
    const { server, crowdsec } = await runShop();
    for (const accept of ['text/html', 'application/json', 'text/plain']) {
      const headers = { accept, 'x-forwarded-for': '203.0.113.7' };
      const verdict = crowdsec.bouncer.inspect({
        remoteAddress: '127.0.0.1',
        method: 'GET',
        path: '/guarded',
        headers,
      });
      if (verdict.action !== 'block') throw new Error('203.0.113.7 should be blocked');
      const answer = await request(server).get('/guarded').set(headers);
      expect(answer.status).toBe(verdict.response.status);
      expect(answer.text).toBe(verdict.response.body);
      for (const [name, value] of Object.entries(verdict.response.headers))
        expect(answer.headers[name.toLowerCase()]).toBe(value);
    }
  });

  it('does not believe a header of a peer that is not a trusted proxy', async () => {
    const { server } = await runShop({});
    await request(server).get('/guarded').set('X-Forwarded-For', '203.0.113.7').expect(200);
  });

  it('goes by the connection, whatever the platform itself trusts', async () => {
    const { server, app } = await runShop({});
    (app.getHttpAdapter().getInstance() as { set?: (name: string, value: unknown) => void }).set?.('trust proxy', true);
    await request(server).get('/guarded').set('X-Forwarded-For', '203.0.113.7').expect(200);
  });

  it.each(['', ',,,', '999.1.1.1', 'a'.repeat(8_000), '[::1', '203.0.113.7;drop', '%00'])(
    'answers a hostile header %#',
    async (header) => {
      const { server } = await runShop();
      await request(server).get('/guarded').set('X-Forwarded-For', header).expect(200);
    },
  );

  it('waits for a remedy that takes its time', async () => {
    const slowly = { status: 429, headers: { 'content-type': 'text/plain', 'retry-after': '1' }, body: 'slowly' };
    const remedies = {
      ban: ({ ip }: RemedyRequest) => Promise.resolve(ip === '203.0.113.7' ? slowly : ('pass' as const)),
    };
    const { server } = await runShop({ trustedProxies: 'loopback', remedies });
    const answer = await request(server).get('/guarded').set('X-Forwarded-For', '203.0.113.7').expect(429, 'slowly');
    expect(answer.headers['retry-after']).toBe('1');
    await request(server).get('/guarded').set('X-Forwarded-For', '2001:db8:bad::1').expect(200, 'welcome');
  });

  it('leaves alone what was answered while a remedy took its time', async () => {
    let conclude: (answer: 'unhandled') => void = () => undefined;
    const remedies = { ban: () => new Promise<'unhandled'>((resolve) => (conclude = resolve)) };
    const answered: Promise<unknown>[] = [];
    const unhandled: unknown[] = [];
    const listener = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', listener);
    const options = { trustedProxies: 'loopback', remedies, onUnhandled: 'block' } as const;
    const { server } = await runShop(options, (app) => {
      app.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
        next();
        answered.push(once(response, 'close').then(() => conclude('unhandled')));
        response.writeHead(503).end('too slow');
      });
      app.use(app.get(CrowdsecMiddleware).use);
    });
    await request(server).get('/guarded').set('X-Forwarded-For', '203.0.113.7').expect(503, 'too slow');
    await Promise.all(answered);
    await new Promise(setImmediate);
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
  });

  it('takes over the verdict of the middleware, and of another guard like it', async () => {
    const sandbox = await sandboxWith({ value: '203.0.113.7' });
    const options = { ...agentInMemory(sandbox), trustedProxies: 'loopback' as const };
    const everywhere = { ...shop(options), providers: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }] };
    const { server, crowdsec } = await runApp(everywhere, adapter(), (app) => app.use(app.get(CrowdsecMiddleware).use));
    await request(server).get('/guarded').set('X-Forwarded-For', '192.0.2.1').expect(200);
    expect(crowdsec.health().requests.total).toBe(1);
  });

  it('leaves what is not guarded alone', async () => {
    const { server } = await runShop();
    await request(server).get('/open').set('X-Forwarded-For', '203.0.113.7').expect(200, 'open');
  });

  it('guards everything as APP_GUARD', async () => {
    const sandbox = await sandboxWith({ value: '203.0.113.7' });
    const options = { ...agentInMemory(sandbox), trustedProxies: 'loopback' as const };
    const everywhere = { ...shop(options), providers: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }] };
    const { server } = await runApp(everywhere, adapter());
    await request(server).get('/open').set('X-Forwarded-For', '203.0.113.7').expect(403);
    await request(server).get('/open').set('X-Forwarded-For', '192.0.2.1').expect(200);
  });

  it('can be extended: other facts, another end', async () => {
    const { server } = await runShop();
    await request(server).get('/extended').set('X-Visitor', '203.0.113.7').expect(200);
    await request(server).get('/extended').set('X-Visitor', '2001:db8:bad::1').expect(403);
  });

  it('counts a request once, whatever guards, middleware and subclasses it passes', async () => {
    const { server, crowdsec } = await runShop({ trustedProxies: 'loopback' }, (app) => {
      const { use } = app.get(CrowdsecMiddleware);
      app.use(use);
      app.use(use);
    });
    await request(server).get('/twice').set('X-Forwarded-For', '192.0.2.1').expect(200);
    expect(crowdsec.health().requests.total).toBe(1);
  });

  it('refuses promises from methods that must answer at once, and judges without them', async () => {
    const { server } = await runShop();
    await request(server).get('/async').set('X-Forwarded-For', '203.0.113.7').expect(403);
    await request(server).get('/async').set('X-Forwarded-For', '192.0.2.1').expect(200);
  });

  it('takes over what another adapter of the same agent has found', async () => {
    const { server, crowdsec } = await runShop({ trustedProxies: 'loopback' }, (app) => {
      const { bouncer } = app.get<Crowdsec>(CROWDSEC);
      app.use((incoming: IncomingMessage, _response: unknown, next: () => void) => {
        const verdict = bouncer.inspect(nodeFacts(incoming));
        if (verdict.action === 'pass' && verdict.settled === undefined) bouncer.verdicts.keep(incoming, verdict);
        next();
      });
    });
    await request(server).get('/twice').set('X-Forwarded-For', '192.0.2.1').expect(200);
    expect(crowdsec.health().requests.total).toBe(1);
  });

  it('leaves the answer to an exception filter of the route', async () => {
    const { server } = await runShop();
    const answer = await request(server).get('/filtered').set('X-Forwarded-For', '203.0.113.7').expect(418);
    expect(answer.body).toEqual({ who: '203.0.113.7', why: 'CAPI' });
  });
});

@Injectable()
class OwnGuard extends CrowdsecGuard {
  protected override getFacts(context: Parameters<CrowdsecGuard['getFacts']>[0]): RequestFacts {
    const facts = super.getFacts(context);
    const { 'x-visitor': visitor } = facts.headers as Record<string, string>;
    return { ...facts, remoteAddress: visitor };
  }

  protected override onBlocked(
    ...[verdict, context]: Parameters<CrowdsecGuard['onBlocked']>
  ): boolean | Promise<boolean> {
    return verdict.ip === '203.0.113.7' || super.onBlocked(verdict, context);
  }
}

@Catch(CrowdsecForbiddenException)
class TeapotFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch({ verdict }: CrowdsecForbiddenException, context: ArgumentsHost): void {
    this.host.httpAdapter.reply(context.switchToHttp().getResponse(), { who: verdict.ip, why: verdict.origin }, 418);
  }
}

/** Looks at the same facts as the guard that it extends. */
@Injectable()
class NamedGuard extends CrowdsecGuard {}

/** As somebody writes it who does not use TypeScript. */
@Injectable()
class AsyncGuard extends CrowdsecGuard {
  protected override shouldSkip(): boolean {
    return Promise.resolve(false) as never;
  }

  protected override getFacts(): RequestFacts {
    return Promise.reject(new Error('late')) as never;
  }
}

@Controller()
class ShopController {
  @Get('async')
  @UseGuards(AsyncGuard)
  async(): string {
    return 'async';
  }

  @Get('twice')
  @UseGuards(CrowdsecGuard, NamedGuard)
  twice(): string {
    return 'twice';
  }

  @Get('guarded')
  @UseGuards(CrowdsecGuard)
  guarded(): string {
    return 'welcome';
  }

  @Get('open')
  open(): string {
    return 'open';
  }

  @Get('extended')
  @UseGuards(OwnGuard)
  extended(): string {
    return 'extended';
  }

  @Get('filtered')
  @UseGuards(CrowdsecGuard)
  @UseFilters(TeapotFilter)
  filtered(): string {
    return 'filtered';
  }
}

@Module({})
class ShopModule {}

function shop(options: CrowdsecOptions): DynamicModule {
  return { module: ShopModule, imports: [CrowdsecModule.forRoot(options)], controllers: [ShopController] };
}
