import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createCrowdsec, EXTENSION_API_VERSION, silentLogger } from '../../packages/core/dist/index.js';
import { portOf } from './port-of.mjs';

/**
 * @typedef {'bare' | 'no-op' | 'adapter' | 'with detectors'} Variant
 * @import { IncomingMessage, Server } from 'node:http'
 * @import { Crowdsec, CrowdsecOptions, Extension } from '../../packages/core/dist/index.js'
 */

/**
 * The servers of the adapters' benchmark: a framework bare, with a middleware that does nothing, with the adapter, and
 * with the adapter and a detector that listens to requests and answers.
 */
const [framework, stateDir] = process.argv.slice(2);

/** A framework as its adapter sees it. */
const use = (/** @type {string} */ name) =>
  createRequire(new URL(`../../packages/${framework}/package.json`, import.meta.url))(name);
const adapter = () => import(`../../packages/${framework}/dist/index.js`);

let seen = 0;
/**
 * What the adapter reads, too.
 *
 * @param {IncomingMessage} request
 * @param {string} url
 */
function read(request, url) {
  seen += (request.socket.remoteAddress?.length ?? 0) + (request.method?.length ?? 0) + url.length;
  seen += request.headers['x-forwarded-for']?.length ?? 0;
}

/** @type {Extension} */
const listener = {
  name: 'bench.listener',
  apiVersion: EXTENSION_API_VERSION,
  detectors: [
    {
      name: 'all',
      on: ['request', 'response'],
      detect: (event) => void (seen += 'path' in event ? event.path.length : 0),
    },
  ],
};

/** @type {(variant: Variant) => CrowdsecOptions} */
const optionsOf = (variant) => ({
  apiUrl: process.env.BENCH_API_URL,
  stateDir,
  trustedProxies: 'loopback',
  logger: silentLogger,
  extensions: variant === 'with detectors' ? [listener] : [],
});

/** @param {Variant} variant */
async function agent(variant) {
  const crowdsec = createCrowdsec(optionsOf(variant));
  await crowdsec.start();
  return checked(crowdsec);
}

/** @param {Crowdsec} crowdsec */
function checked(crowdsec) {
  if (crowdsec.health().decisions.count < 50_000) throw new Error('the decisions are not there');
  return crowdsec;
}

const hasAdapter = (/** @type {Variant} */ variant) => variant === 'adapter' || variant === 'with detectors';

/**
 * How each framework makes a server of a variant.
 *
 * @type {Record<string, (variant: Variant) => Promise<Server>>}
 */
const builders = {
  async koa(variant) {
    const Koa = use('koa');
    /** @type {import('koa')} */
    const app = new Koa.default();
    if (variant === 'no-op') {
      app.use(async (context, next) => {
        read(context.req, context.originalUrl);
        await next();
      });
    }
    if (hasAdapter(variant)) app.use((await adapter()).crowdsecMiddleware(await agent(variant)));
    app.use((context) => void (context.body = 'hello'));
    const answer = app.callback();
    return createServer((request, response) => void answer(request, response));
  },
  async express(variant) {
    /** @type {import('express').Express} */
    const app = use('express')();
    if (variant === 'no-op') {
      app.use((request, _response, next) => {
        read(request, request.originalUrl);
        next();
      });
    }
    if (hasAdapter(variant)) app.use((await adapter()).crowdsecMiddleware(await agent(variant)));
    app.get('/hello', (_request, response) => response.send('hello'));
    return createServer(app);
  },
  async fastify(variant) {
    /** @type {import('fastify').FastifyInstance} */
    const app = use('fastify')();
    if (variant === 'no-op') {
      app.addHook('onRequest', (request, _reply, done) => {
        read(request.raw, request.originalUrl);
        done();
      });
    }
    if (hasAdapter(variant)) await app.register((await adapter()).crowdsecPlugin, { crowdsec: await agent(variant) });
    app.get('/hello', (_request, reply) => reply.send('hello'));
    await app.ready();
    return app.server;
  },
  async hono(variant) {
    const { Hono } = use('hono');
    /** @type {import('hono').Hono<{ Bindings: import('@hono/node-server').HttpBindings }>} */
    const app = new Hono();
    if (variant === 'no-op') {
      app.use(async (context, next) => {
        read(context.env.incoming, context.env.incoming.url ?? '');
        await next();
      });
    }
    if (hasAdapter(variant)) app.use((await adapter()).crowdsecMiddleware(await agent(variant)));
    app.get('/hello', (context) => context.text('hello'));
    return createServer(use('@hono/node-server').getRequestListener(app.fetch));
  },
  /** On Express, with guards. */
  async nestjs(variant) {
    await use('reflect-metadata');
    const { Controller, Get, Injectable, Module } = use('@nestjs/common');
    const { APP_GUARD, NestFactory } = use('@nestjs/core');
    class HelloController {
      hello() {
        return 'hello';
      }
    }
    Controller()(HelloController);
    const { prototype } = HelloController;
    Get('hello')(prototype, 'hello', Object.getOwnPropertyDescriptor(prototype, 'hello'));
    class NoOpGuard {
      /** @param {import('@nestjs/common').ExecutionContext} context */
      canActivate(context) {
        const request = context.switchToHttp().getRequest();
        read(request, request.originalUrl);
        return true;
      }
    }
    Injectable()(NoOpGuard);
    const { CROWDSEC, CrowdsecGuard, CrowdsecModule } = await adapter();
    class AppModule {}
    Module({
      controllers: [HelloController],
      imports: hasAdapter(variant) ? [CrowdsecModule.forRoot(optionsOf(variant))] : [],
      providers: {
        bare: [],
        'no-op': [{ provide: APP_GUARD, useClass: NoOpGuard }],
        adapter: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }],
        'with detectors': [{ provide: APP_GUARD, useExisting: CrowdsecGuard }],
      }[variant],
    })(AppModule);
    const app = await NestFactory.create(AppModule, { logger: false });
    await app.init();
    if (hasAdapter(variant)) checked(app.get(CROWDSEC));
    return app.getHttpServer();
  },
};

/** @type {Partial<Record<Variant, number>>} */
const ports = {};
for (const variant of /** @type {const} */ (['bare', 'no-op', 'adapter', 'with detectors'])) {
  const server = await builders[framework](variant);
  await new Promise((resolve) => void server.listen(0, '127.0.0.1', () => resolve(undefined)));
  ports[variant] = portOf(server);
}
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system, seen });
});
process.send?.({ ports });
