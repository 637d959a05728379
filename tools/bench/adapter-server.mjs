import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { loadInProcess } from './in-process-load.mjs';
import { portOf } from '../port-of.mjs';

/**
 * A server of the adapters' benchmark, in a process of its own: a framework bare, with a middleware that does nothing, with the adapter,
 * or with the adapter and all bundled detectors. Adapter, core and detectors are those of the checkout in the folder `root`.
 *
 * @typedef {'bare' | 'no-op' | 'adapter' | 'with detectors'} Variant
 * @import { IncomingMessage, Server } from 'node:http'
 * @import { Crowdsec, CrowdsecOptions } from '../../packages/core/dist/index.js'
 */
const [framework, given, stateDir, root] = process.argv.slice(2);
const variant = /** @type {Variant} */ (given);

/**
 * Has `process.nextTick` compiled before anything is loaded. A start that collects garbage a few times, as one with many decisions does, makes V8
 * forget what it knew of the objects that `nextTick` makes; compiled after that, `nextTick` takes 4 µs more of each request for as long as the
 * process runs. That comes about in some starts and not in others, and has nothing to do with what is measured.
 */
await new Promise((resolve) => {
  let left = 300_000;
  const tick = () => void (--left > 0 ? process.nextTick(tick) : resolve(undefined));
  tick();
});

/** A framework as its adapter sees it. */
const use = (/** @type {string} */ name) => createRequire(`${root}/packages/${framework}/package.json`)(name);
/**
 * What a package of the checkout exports.
 *
 * @param {string} name
 */
const built = (name) => import(pathToFileURL(`${root}/packages/${name}/dist/index.js`).href);
const adapter = () => built(framework);
/** @type {typeof import('../../packages/core/dist/index.js')} */
const { createCrowdsec, silentLogger } = await built('core');
/** @type {typeof import('../../packages/scenarios/dist/index.js')} */
const { scenarios } = await built('scenarios');

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

/** @type {() => CrowdsecOptions} */
const options = () => ({
  apiUrl: process.env.BENCH_API_URL,
  stateDir,
  trustedProxies: 'loopback',
  logger: silentLogger,
  extensions: variant === 'with detectors' ? scenarios({ vendor: 'bench' }) : [],
});

async function agent() {
  const crowdsec = createCrowdsec(options());
  await crowdsec.start();
  return checked(crowdsec);
}

/** @param {Crowdsec} crowdsec */
function checked(crowdsec) {
  if (crowdsec.health().decisions.count < 50_000) throw new Error('the decisions are not there');
  return crowdsec;
}

const hasAdapter = variant === 'adapter' || variant === 'with detectors';

/**
 * How each framework makes a server of the variant.
 *
 * @type {Record<string, () => Promise<Server>>}
 */
const builders = {
  async koa() {
    const Koa = use('koa');
    /** @type {import('koa')} */
    const app = new Koa.default();
    if (variant === 'no-op') {
      app.use(async (context, next) => {
        read(context.req, context.originalUrl);
        await next();
      });
    }
    if (hasAdapter) app.use((await adapter()).crowdsecMiddleware(await agent()));
    app.use((context) => void (context.body = 'hello'));
    const answer = app.callback();
    return createServer((request, response) => void answer(request, response));
  },
  async express() {
    /** @type {import('express').Express} */
    const app = use('express')();
    if (variant === 'no-op') {
      app.use((request, _response, next) => {
        read(request, request.originalUrl);
        next();
      });
    }
    if (hasAdapter) app.use((await adapter()).crowdsecMiddleware(await agent()));
    app.get('/hello', (_request, response) => response.send('hello'));
    return createServer(app);
  },
  async fastify() {
    /** @type {import('fastify').FastifyInstance} */
    const app = use('fastify')();
    if (variant === 'no-op') {
      app.addHook('onRequest', (request, _reply, done) => {
        read(request.raw, request.originalUrl);
        done();
      });
    }
    if (hasAdapter) await app.register((await adapter()).crowdsecPlugin, { crowdsec: await agent() });
    app.get('/hello', (_request, reply) => reply.send('hello'));
    await app.ready();
    return app.server;
  },
  async hono() {
    const { Hono } = use('hono');
    /** @type {import('hono').Hono<{ Bindings: import('@hono/node-server').HttpBindings }>} */
    const app = new Hono();
    if (variant === 'no-op') {
      app.use(async (context, next) => {
        read(context.env.incoming, context.env.incoming.url ?? '');
        await next();
      });
    }
    if (hasAdapter) app.use((await adapter()).crowdsecMiddleware(await agent()));
    app.get('/hello', (context) => context.text('hello'));
    return createServer(use('@hono/node-server').getRequestListener(app.fetch));
  },
  async 'node-http'() {
    /** @type {import('node:http').RequestListener} */
    const answer = (_request, response) => void response.end('hello');
    if (hasAdapter) return createServer((await adapter()).crowdsecHandler(await agent(), answer));
    if (variant === 'bare') return createServer(answer);
    return createServer((request, response) => {
      read(request, request.url ?? '');
      answer(request, response);
    });
  },
  /** On Express, with guards. */
  async nestjs() {
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
      imports: hasAdapter ? [CrowdsecModule.forRoot(options())] : [],
      providers: {
        bare: [],
        'no-op': [{ provide: APP_GUARD, useClass: NoOpGuard }],
        adapter: [{ provide: APP_GUARD, useExisting: CrowdsecGuard }],
        'with detectors': [{ provide: APP_GUARD, useExisting: CrowdsecGuard }],
      }[variant],
    })(AppModule);
    const app = await NestFactory.create(AppModule, { logger: false });
    await app.init();
    if (hasAdapter) checked(app.get(CROWDSEC));
    return app.getHttpServer();
  },
};

const server = await builders[framework]();
await new Promise((resolve) => void server.listen(0, '127.0.0.1', () => resolve(undefined)));
const timeEach = loadInProcess(server);
/** A number asks for so many rounds of requests within this process; the answer tells the time of one, and the CPU time used so far, in µs. */
process.on('message', (rounds) => void tell(Number(rounds)));

/** @param {number} rounds */
async function tell(rounds) {
  const time = await timeEach(rounds);
  const { user, system } = process.cpuUsage();
  process.send?.({ time, cpu: user + system, seen });
}

process.send?.({ port: portOf(server) });
// The benchmark has ended, in whatever way.
process.on('disconnect', () => process.exit());
