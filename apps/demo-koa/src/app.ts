import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Crowdsec } from '@crowdsec-sdk/core';
import Koa from 'koa';
import { crowdsecMiddleware, type CrowdsecState } from '@crowdsec-sdk/koa';

/** A small application with CrowdSec in front: what it does, the conformance suite says. */
export function createApp(crowdsec: Crowdsec): Koa<CrowdsecState> {
  const app = new Koa<CrowdsecState>();
  app.silent = true;
  app.use(crowdsecMiddleware(crowdsec));
  app.use(async (context) => {
    switch (context.path) {
      case '/hello':
        context.set('x-app', 'hello');
        context.body = 'hello';
        break;
      case '/whoami': {
        const { ip = null, remediation, origin } = context.state.crowdsec;
        context.body = { ip, remediation, origin };
        break;
      }
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

function slowly(): PassThrough {
  const stream = new PassThrough();
  stream.write('one\n');
  void delay(100).then(() => stream.end('two\n'));
  return stream;
}
