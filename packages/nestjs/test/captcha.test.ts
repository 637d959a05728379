import { Controller, Module, Post, UseGuards, type INestApplication } from '@nestjs/common';
import { BANNED, CAPTCHA_HEADER, solveCaptcha, visit } from '@crowdsec-sdk/conformance';
import { describe, expect, it } from 'vitest';
import { CrowdsecGuard, CrowdsecModule } from '../src/index.js';
import { agentInMemory, platforms, runApp, sandboxWith } from './running-app.js';

const ENDPOINT = '/.well-known/crowdsec/captcha';

/** An application that guards a route, and has no middleware of ours. */
describe.each(platforms)('the captcha of an application with guards alone on $platform', ({ adapter }) => {
  it.each([
    ['', ENDPOINT],
    ['api/v1', ENDPOINT],
    ['api/v1', `/api/v1${ENDPOINT}`],
  ])('is solved at an endpoint that has no route: prefix "%s", %s', async (prefix, url) => {
    const running = await guardedApp(prefix);
    const path = prefix === '' ? '/orders' : `/${prefix}/orders`;
    const wall = await visit(running, BANNED, path, 'post').expect(401);
    expect(wall.headers[CAPTCHA_HEADER]).toBe('wall');
    const { kind, cookies } = await solveCaptcha(running, BANNED, url);
    expect(kind).toBe('solved');
    await visit(running, BANNED, path, 'post')
      .set('cookie', cookies[0] ?? '')
      .expect(201);
  });

  it('leaves other paths without a route to the framework', async () => {
    const running = await guardedApp('');
    await visit(running, BANNED, '/.well-known/crowdsec/other').expect(404);
    await visit(running, BANNED, `${ENDPOINT}/more`).expect(404);
  });

  async function guardedApp(prefix: string): Promise<{ readonly port: number }> {
    const sandbox = await sandboxWith({ value: BANNED });
    const options = { trustedProxies: 'loopback', bouncingLevel: 'flex', captcha: { work: 10_000 } } as const;

    @Controller('orders')
    class OrdersController {
      @Post()
      @UseGuards(CrowdsecGuard)
      order(): string {
        return 'ordered';
      }
    }
    @Module({
      imports: [CrowdsecModule.forRoot({ ...agentInMemory(sandbox), ...options })],
      controllers: [OrdersController],
    })
    class ShopModule {}

    const prepare = (app: INestApplication): unknown => app.setGlobalPrefix(prefix);
    const { app } = await runApp(ShopModule, adapter(), prefix === '' ? undefined : prepare);
    return { port: Number(new URL(await app.getUrl()).port) };
  }
});
