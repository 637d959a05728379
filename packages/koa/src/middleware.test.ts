import { middlewareConformance, OFFLINE } from '@crowdsec-sdk/conformance';
import Koa, { type ParameterizedContext } from 'koa';
import request from 'supertest';
import { expect, expectTypeOf, it } from 'vitest';
import { crowdsecMiddleware, type SettledVerdict } from './index.js';

/** What it does with requests, the conformance suite says in apps/demo-koa. */
middlewareConformance(crowdsecMiddleware);

it('leaves the verdict about a refused client to whoever logs the answer', async () => {
  const guard = crowdsecMiddleware({ ...OFFLINE, onUnavailable: 'block' });
  const logged: SettledVerdict[] = [];
  const app = new Koa();
  app.use(async (context, next) => {
    await next();
    logged.push(context.state.crowdsec);
  });
  app.use(guard);
  expect((await request(app.callback()).get('/')).status).toBe(403);
  expect(logged).toEqual([expect.objectContaining({ action: 'block', ip: '127.0.0.1', origin: 'unavailable' })]);
  await guard.crowdsec.stop();
});

it('types the verdict of any context, and leaves other state as it is', () => {
  type State = ParameterizedContext['state'];
  expectTypeOf<State['crowdsec']>().toEqualTypeOf<SettledVerdict>();
  expectTypeOf<State['user']>().toBeAny();
});
