import type { RequestListener } from 'node:http';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Crowdsec } from '@crowdsec-sdk/core';
import {
  createApp as createH3App,
  createError,
  createRouter,
  defineEventHandler,
  sendStream,
  setResponseHeader,
  toNodeListener,
  useBase,
  type H3Event,
} from 'h3';
import { crowdsecMiddleware } from '../src/index.js';

/** The application of the conformance suite, in h3 1. */
export function createApp(crowdsec: Crowdsec): RequestListener {
  const inner = createH3App().use(crowdsecMiddleware(crowdsec)).use(defineEventHandler(whoami));
  const router = createRouter()
    .add(
      '/hello',
      defineEventHandler((event) => {
        setResponseHeader(event, 'x-app', 'hello');
        return 'hello';
      }),
      ['get', 'head'],
    )
    .get('/whoami', defineEventHandler(whoami))
    .use('/guarded', useBase('/guarded', inner.handler))
    .get(
      '/stream',
      defineEventHandler((event) => sendStream(event, slowly())),
    )
    .get(
      '/never',
      defineEventHandler(() => new Promise<never>(() => undefined)),
    )
    .post(
      '/echo',
      defineEventHandler((event) => sendStream(event, event.node.req)),
    )
    .get(
      '/teapot',
      defineEventHandler(() => {
        throw createError({ statusCode: 418, statusMessage: 'teapot' });
      }),
    )
    .get(
      '/boom',
      defineEventHandler(() => {
        throw createError({ message: 'boom' });
      }),
    );
  let orders = 0;
  router
    .post(
      '/order',
      defineEventHandler(() => {
        orders++;
        return 'ordered';
      }),
    )
    .get(
      '/orders',
      defineEventHandler(() => `${orders}`),
    )
    .post(
      '/report',
      defineEventHandler(async () => {
        await crowdsec.report({
          ip: '198.51.100.66',
          scenario: 'acme/login-bruteforce',
          decision: { type: 'ban', duration: '4h' },
        }).stored;
        return 'reported';
      }),
    );
  const answer = toNodeListener(createH3App().use(crowdsecMiddleware(crowdsec)).use(router));
  return (request, response) => void answer(request, response);
}

function whoami({ context }: H3Event): object {
  const { ip = null, remediation, origin } = context.crowdsec ?? {};
  return { ip, remediation, origin };
}

function slowly(): PassThrough {
  const stream = new PassThrough();
  stream.write('one\n');
  void delay(100).then(() => stream.end('two\n'));
  return stream;
}
