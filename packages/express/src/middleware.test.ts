import { middlewareConformance, OFFLINE } from '@crowdsec-sdk/conformance';
import express, { type Response } from 'express';
import request from 'supertest';
import { expect, expectTypeOf, it } from 'vitest';
import { crowdsecMiddleware, type SettledVerdict } from './index.js';

middlewareConformance(crowdsecMiddleware);

it('leaves the verdict about a refused client to whoever logs the answer', async () => {
  const guard = crowdsecMiddleware({ ...OFFLINE, onUnavailable: 'block' });
  const logged: SettledVerdict[] = [];
  const app = express();
  app.use((_request, response, next) => {
    response.on('finish', () => logged.push(response.locals.crowdsec));
    next();
  });
  app.use(guard);
  expect((await request(app).get('/')).status).toBe(403);
  expect(logged).toEqual([expect.objectContaining({ action: 'block', ip: '127.0.0.1', origin: 'unavailable' })]);
  await guard.crowdsec.stop();
});

it('types the verdict of any response', () => {
  expectTypeOf<Response['locals']['crowdsec']>().toEqualTypeOf<SettledVerdict>();
});
