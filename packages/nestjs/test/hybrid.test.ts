import type { Server } from 'node:net';
import { Controller, Get, Module, UnauthorizedException, UseGuards } from '@nestjs/common';
import { ClientProxyFactory, MessagePattern, Transport, type ClientProxy } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import request from 'supertest';
import { expect, it, onTestFinished } from 'vitest';
import { CrowdsecGuard, CrowdsecModule, ReportOn } from '../src/index.js';
import { agentInMemory, runApp, sandboxWith } from './running-app.js';

@Controller()
@UseGuards(CrowdsecGuard)
class StockController {
  @Get('stock')
  stock(): number {
    return 5;
  }

  @MessagePattern('stock')
  call(payload: { readonly item: string }): string {
    return `5 of ${payload.item}`;
  }

  @MessagePattern('refused')
  @ReportOn({ on: 401, scenario: 'acme/login-bruteforce' })
  refused(): never {
    throw new UnauthorizedException();
  }
}

@Module({ controllers: [StockController] })
class StockModule {}

it('guards the requests of a hybrid application and lets calls of its microservice pass, said once', async () => {
  const sandbox = await sandboxWith({ value: '203.0.113.7' });
  const options = { ...agentInMemory(sandbox), trustedProxies: 'loopback' as const };
  const warnings: string[] = [];
  let port = 0;
  const { app, server, crowdsec } = await runApp(
    { module: StockModule, imports: [CrowdsecModule.forRoot(options)] },
    undefined,
    async (hybrid) => {
      hybrid.useLogger({ log: () => undefined, warn: (text: string) => warnings.push(text), error: () => undefined });
      const microservice = hybrid.connectMicroservice({
        transport: Transport.TCP,
        options: { host: '127.0.0.1', port: 0 },
      });
      await hybrid.startAllMicroservices();
      port = (microservice.unwrap<Server>().address() as { port: number }).port;
    },
  );
  const client = clientOf(port);

  // Looks like a request, were it read as one.
  const item = {
    item: 'apples',
    headers: { 'x-forwarded-for': '203.0.113.7' },
    socket: { remoteAddress: '127.0.0.1' },
  };
  expect(await firstValueFrom(client.send('stock', item))).toBe('5 of apples');
  expect(await firstValueFrom(client.send('stock', item))).toBe('5 of apples');
  await expect(firstValueFrom(client.send('refused', item))).rejects.toBeDefined();
  expect(warnings.filter((text) => text.includes('rpc'))).toHaveLength(1);
  expect(crowdsec.health().requests.total).toBe(0);

  await request(server).get('/stock').set('X-Forwarded-For', '203.0.113.7').expect(403);
  await request(server).get('/stock').set('X-Forwarded-For', '192.0.2.1').expect(200, '5');
  await app.close();
  expect(sandbox.signals).toEqual([]);
});

function clientOf(port: number): ClientProxy {
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
  onTestFinished(() => void client.close());
  return client;
}
