import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createCrowdsec, EXTENSION_API_VERSION, silentLogger } from '../../packages/core/dist/index.js';

/**
 * The servers of the adapters' benchmark: a framework bare, with a middleware that does nothing, with the adapter, and
 * with the adapter and a detector that listens to requests and answers.
 */
const [framework, stateDir] = process.argv.slice(2);

/** A framework as its adapter sees it. */
const use = (name) => createRequire(new URL(`../../packages/${framework}/package.json`, import.meta.url))(name);
const adapter = () => import(`../../packages/${framework}/dist/index.js`);

let seen = 0;
/** What the adapter reads, too. */
function read(request, url) {
  seen += (request.socket.remoteAddress?.length ?? 0) + request.method.length + url.length;
  seen += request.headers['x-forwarded-for']?.length ?? 0;
}

const listener = {
  name: 'bench.listener',
  apiVersion: EXTENSION_API_VERSION,
  detectors: [{ name: 'all', on: ['request', 'response'], detect: ({ path }) => void (seen += path.length) }],
};

const optionsOf = (variant) => ({
  apiUrl: process.env.BENCH_API_URL,
  stateDir,
  trustedProxies: 'loopback',
  logger: silentLogger,
  extensions: variant === 'with detectors' ? [listener] : [],
});

async function agent(variant) {
  const crowdsec = createCrowdsec(optionsOf(variant));
  await crowdsec.start();
  return checked(crowdsec);
}

function checked(crowdsec) {
  if (crowdsec.health().decisions.count < 50_000) throw new Error('the decisions are not there');
  return crowdsec;
}

const hasAdapter = (variant) => variant === 'adapter' || variant === 'with detectors';

/** How each framework makes a server of a variant. */
const builders = {
  async koa(variant) {
    const Koa = use('koa');
    const app = new Koa.default();
    if (variant === 'no-op') {
      app.use(async (context, next) => {
        read(context.req, context.originalUrl);
        await next();
      });
    }
    if (hasAdapter(variant)) app.use((await adapter()).crowdsecMiddleware(await agent(variant)));
    app.use((context) => (context.body = 'hello'));
    return createServer(app.callback());
  },
  async express(variant) {
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
    const app = new Hono();
    if (variant === 'no-op') {
      app.use(async (context, next) => {
        read(context.env.incoming, context.env.incoming.url);
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

const ports = {};
for (const variant of ['bare', 'no-op', 'adapter', 'with detectors']) {
  const server = await builders[framework](variant);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  ports[variant] = server.address().port;
}
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system, seen });
});
process.send({ ports });
