import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { agentInMemory, platforms, runApp, sandboxWith } from '../test/running-app.js';
import { CrowdsecGuard, CrowdsecModule, SkipCrowdsec } from './index.js';

@Controller('shop')
class ShopController {
  @Get('guarded')
  guarded(): string {
    return 'guarded';
  }

  @Get('open')
  @SkipCrowdsec()
  open(): string {
    return 'open';
  }
}

@Controller('status')
@SkipCrowdsec()
class StatusController {
  @Get('open')
  open(): string {
    return 'open';
  }

  @Get('guarded')
  @SkipCrowdsec(false)
  guarded(): string {
    return 'guarded';
  }
}

/** Its handler is one function in two classes. */
abstract class Pages {
  @Get('page')
  page(): string {
    return 'page';
  }
}

@Controller('closed')
class ClosedPages extends Pages {}

@Controller('opened')
@SkipCrowdsec()
class OpenedPages extends Pages {}

@Module({
  controllers: [ShopController, StatusController, ClosedPages, OpenedPages],
  providers: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }],
})
class AppModule {}

describe.each(platforms)('@SkipCrowdsec on $platform', ({ adapter }) => {
  it('opens a handler or a class, and a handler of an open class can be guarded again', async () => {
    const options = {
      ...agentInMemory(await sandboxWith({ value: '203.0.113.7' })),
      trustedProxies: 'loopback' as const,
    };
    const { server, crowdsec } = await runApp(
      { module: AppModule, imports: [CrowdsecModule.forRoot(options)] },
      adapter(),
    );
    const visit = (path: string): request.Test => request(server).get(path).set('X-Forwarded-For', '203.0.113.7');
    await visit('/shop/guarded').expect(403);
    await visit('/shop/open').expect(200, 'open');
    await visit('/status/open').expect(200, 'open');
    await visit('/status/guarded').expect(403);
    for (let i = 0; i < 2; i++) {
      await visit('/closed/page').expect(403);
      await visit('/opened/page').expect(200, 'page');
    }
    expect(crowdsec.health().requests.total).toBe(4);
  });
});
