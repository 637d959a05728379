import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Crowdsec } from '@crowdsec-sdk/core';
import Koa, { type DefaultState } from 'koa';
import { crowdsecMiddleware } from '@crowdsec-sdk/koa';

/** A small application with CrowdSec in front: what it does, the conformance suite says. */
export function createApp(crowdsec: Crowdsec): Koa {
  const app = new Koa();
  app.silent = true;
  let orders = 0;
  const guard = crowdsecMiddleware(crowdsec);
  app.use(guard);
  app.use(async (context) => {
    switch (context.path) {
      case '/hello':
        context.set('x-app', 'hello');
        context.body = 'hello';
        break;
      case '/whoami':
        context.body = verdictOf(context);
        break;
      case '/guarded':
        await guard(context, () => Promise.resolve((context.body = verdictOf(context))));
        break;
      case '/stream':
        context.body = slowly();
        break;
      case '/never':
        await new Promise(() => undefined);
        break;
      case '/echo':
        context.body = context.req;
        break;
      case '/teapot':
        context.throw(418, 'teapot');
        break;
      case '/boom':
        throw new Error('boom');
      case '/order':
        orders++;
        context.body = 'ordered';
        break;
      case '/orders':
        context.body = `${orders}`;
        break;
      case '/report': {
        await crowdsec.report({
          ip: '198.51.100.66',
          scenario: 'acme/login-bruteforce',
          decision: { type: 'ban', duration: '4h' },
        }).stored;
        context.body = 'reported';
        break;
      }
    }
  });
  return app;
}

function verdictOf({ state }: { readonly state: DefaultState }): object {
  const { ip = null, remediation, origin } = state.crowdsec;
  return { ip, remediation, origin };
}

function slowly(): PassThrough {
  const stream = new PassThrough();
  stream.write('one\n');
  void delay(100).then(() => stream.end('two\n'));
  return stream;
}
