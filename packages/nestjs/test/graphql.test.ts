import { Module, UnauthorizedException, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { CrowdsecOptions } from '@crowdsec-sdk/core';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { CrowdsecGuard, CrowdsecModule, Remediation, ReportOn, SkipCrowdsec } from '../src/index.js';
import { agentInMemory, runApp, sandboxWith } from './running-app.js';

@Resolver()
class ShopResolver {
  @Query(() => String, { nullable: true })
  caller(@Remediation('ip') ip: string | undefined): string | undefined {
    return ip;
  }

  @Query(() => String)
  again(): string {
    return 'again';
  }

  @Query(() => String)
  @SkipCrowdsec()
  open(): string {
    return 'open';
  }

  @Query(() => String)
  @ReportOn({ on: 401, scenario: 'acme/login-bruteforce' })
  login(): string {
    throw new UnauthorizedException();
  }
}

@Module({ providers: [ShopResolver, { provide: APP_GUARD, useExisting: CrowdsecGuard }] })
class ShopModule {}

/** What resolvers are given, made of Fastify's request and reply. */
type GraphqlContext = (incoming: { readonly raw: object }, reply: object) => object;

function shop(options: CrowdsecOptions, context?: GraphqlContext): DynamicModule {
  const graphql = {
    driver: MercuriusDriver,
    autoSchemaFile: true as const,
    ...(context === undefined ? {} : { context }),
  };
  return {
    module: ShopModule,
    imports: [CrowdsecModule.forRoot(options), GraphQLModule.forRoot<MercuriusDriverConfig>(graphql)],
  };
}

async function runShop(context?: GraphqlContext) {
  const sandbox = await sandboxWith({ value: '203.0.113.7' });
  const options = { ...agentInMemory(sandbox), trustedProxies: 'loopback' as const };
  const running = await runApp(shop(options, context), new FastifyAdapter());
  const ask = (ip: string, query: string): request.Test =>
    request(running.server).post('/graphql').set('X-Forwarded-For', ip).send({ query });
  return { ...running, sandbox, ask };
}

describe('CrowdsecGuard on a GraphQL endpoint', () => {
  it('lets a clean client query, and tells who it is', async () => {
    const { ask } = await runShop();
    const { body } = await ask('192.0.2.1', '{ caller }').expect(200);
    expect(body).toEqual({ data: { caller: '192.0.2.1' } });
  });

  it('refuses a banned client as GraphQL does, but for what is open', async () => {
    const { ask } = await runShop();
    const { body } = await ask('203.0.113.7', '{ caller open }');
    expect(body).toMatchObject({
      data: { caller: null, open: 'open' },
      errors: [{ message: 'Forbidden', path: ['caller'], extensions: { code: 'FORBIDDEN' } }],
    });
  });

  it('judges a request once, however many fields it asks for', async () => {
    const { ask, crowdsec } = await runShop();
    await ask('192.0.2.1', '{ caller again more: again }').expect(200);
    expect(crowdsec.health().requests.total).toBe(1);
    await ask('192.0.2.1', '{ again }').expect(200);
    expect(crowdsec.health().requests.total).toBe(2);
  });

  it.each<[string, GraphqlContext]>([
    ['request', (incoming) => ({ req: 'elsewhere', request: incoming })],
    ['reply', (_, reply) => ({ req: 'elsewhere', reply })],
    ['extra', (incoming) => ({ req: 'elsewhere', extra: { request: incoming.raw } })],
  ])('finds the request that a driver keeps as %s', async (_, context) => {
    const { ask } = await runShop(context);
    const { body } = await ask('192.0.2.1', '{ caller }').expect(200);
    expect(body).toEqual({ data: { caller: '192.0.2.1' } });
  });

  it('turns an exception into a signal', async () => {
    const { ask, app, sandbox } = await runShop();
    const { body } = await ask('192.0.2.1', '{ login }');
    expect(body).toMatchObject({ errors: [{ message: 'Unauthorized' }] });
    await app.close();
    expect(sandbox.signals.map(({ signal }) => signal.source.value)).toEqual(['192.0.2.1']);
  });
});
