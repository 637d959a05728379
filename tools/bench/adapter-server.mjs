import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createCrowdsec, silentLogger } from '../../packages/core/dist/index.js';

/**
 * The servers of the adapters' benchmark: a framework bare, with a middleware that does nothing, and with the adapter.
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

async function agent() {
  const crowdsec = createCrowdsec({
    apiUrl: process.env.BENCH_API_URL,
    stateDir,
    trustedProxies: 'loopback',
    logger: silentLogger,
  });
  await crowdsec.start();
  if (crowdsec.health().decisions.count < 50_000) throw new Error('the decisions are not there');
  return crowdsec;
}

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
    if (variant === 'adapter') app.use((await adapter()).crowdsecMiddleware(await agent()));
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
    if (variant === 'adapter') app.use((await adapter()).crowdsecMiddleware(await agent()));
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
    if (variant === 'adapter') await app.register((await adapter()).crowdsecPlugin, { crowdsec: await agent() });
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
    if (variant === 'adapter') app.use((await adapter()).crowdsecMiddleware(await agent()));
    app.get('/hello', (context) => context.text('hello'));
    return createServer(use('@hono/node-server').getRequestListener(app.fetch));
  },
};

const ports = {};
for (const variant of ['bare', 'no-op', 'adapter']) {
  const server = await builders[framework](variant);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  ports[variant] = server.address().port;
}
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system, seen });
});
process.send({ ports });
