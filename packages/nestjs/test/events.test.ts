import { Controller, Get, Module, NotFoundException, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { CrowdsecOptions } from '@crowdsec-sdk/core';
import { EXTENSION_API_VERSION, type DetectionEvent } from '@crowdsec-sdk/core/extension';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { CrowdsecGuard, CrowdsecModule, SkipCrowdsec } from '../src/index.js';
import { agentInMemory, platforms, runApp, sandboxWith } from './running-app.js';

const VISITOR = '192.0.2.1';
const BANNED = '203.0.113.7';

describe.each(platforms)('what the guard alone tells detectors on $platform', ({ adapter }) => {
  async function runShop(options: Partial<CrowdsecOptions> = {}) {
    const { agent, told } = await listened(options);
    const { server } = await runApp({ module: ShopModule, imports: [CrowdsecModule.forRoot(agent)] }, adapter());
    return { told, get: (path: string, ip = VISITOR) => request(server).get(path).set('X-Forwarded-For', ip) };
  }

  it('is each request and its answer once, however many guards there are', async () => {
    const { get, told } = await runShop();
    await get('/shop/goods').expect(200);
    await get('/shop/missing').expect(404);
    await get('/shop/goods', BANNED).expect(403);
    await expect
      .poll(told)
      .toEqual([
        'request pass',
        'response pass 200',
        'request pass',
        'response pass 404',
        'request block',
        'response block 403',
      ]);
  });

  it('is nothing of unknown routes, which no guard sees, nor of open ones', async () => {
    const { get, told } = await runShop();
    await get('/nothing-here').expect(404);
    await get('/shop/open').expect(200);
    await get('/shop/goods').expect(200);
    await expect.poll(told).toEqual(['request pass', 'response pass 200']);
  });

  it('is what became of a client whose remedy took its time', async () => {
    const { get, told } = await runShop({ remedies: { ban: () => Promise.resolve('pass') } });
    await get('/shop/goods', BANNED).expect(200);
    await expect.poll(told).toEqual(['request block', 'response pass 200']);
  });
});

it('tells detectors of a GraphQL request once, and how HTTP answered it', async () => {
  const { agent, told } = await listened();
  const graphql = GraphQLModule.forRoot<MercuriusDriverConfig>({ driver: MercuriusDriver, autoSchemaFile: true });
  const { server } = await runApp(
    { module: ResolverModule, imports: [CrowdsecModule.forRoot(agent), graphql] },
    new FastifyAdapter(),
  );
  await request(server)
    .post('/graphql')
    .set('X-Forwarded-For', VISITOR)
    .send({ query: '{ goods more: goods }' })
    .expect(200);
  await expect.poll(told).toEqual(['request pass', 'response pass 200']);
});

/** The options of an agent with a detector that listens to all, and what it was told. */
async function listened(options: Partial<CrowdsecOptions> = {}) {
  const events: DetectionEvent[] = [];
  const detector = {
    name: 'all',
    on: ['request', 'response'],
    detect: (event: DetectionEvent) => void events.push(event),
  } as const;
  const extension = { name: 'test.listener', apiVersion: EXTENSION_API_VERSION, detectors: [detector] } as const;
  const sandbox = await sandboxWith({ value: BANNED });
  const agent: CrowdsecOptions = {
    ...agentInMemory(sandbox),
    trustedProxies: 'loopback',
    extensions: [extension],
    ...options,
  };
  return { agent, told: () => events.map(inShort) };
}

function inShort(event: DetectionEvent): string {
  if (event.kind === 'request') return `request ${event.action}`;
  return event.kind === 'response' ? `response ${event.action} ${event.status}` : event.kind;
}

@Controller('shop')
@UseGuards(CrowdsecGuard)
class ShopController {
  @Get('goods')
  goods(): string {
    return 'goods';
  }

  @Get('missing')
  missing(): never {
    throw new NotFoundException();
  }

  @Get('open')
  @SkipCrowdsec()
  open(): string {
    return 'open';
  }
}

@Module({ controllers: [ShopController], providers: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }] })
class ShopModule {}

@Resolver()
class GoodsResolver {
  @Query(() => String)
  goods(): string {
    return 'goods';
  }
}

@Module({ providers: [GoodsResolver, { provide: APP_GUARD, useExisting: CrowdsecGuard }] })
class ResolverModule {}
