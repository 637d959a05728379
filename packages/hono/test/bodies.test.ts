import { createServer } from 'node:http';
import { bodyConformance, nodeHost } from '@crowdsec-sdk/conformance';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { buffer } from 'node:stream/consumers';
import { crowdsecMiddleware } from '../src/index.js';

function createApp(crowdsec: Crowdsec): Hono {
  const app = new Hono();
  app.use(crowdsecMiddleware(crowdsec));
  app.post('/json', async (context) => context.json(await context.req.json<object>()));
  app.post('/form', async (context) => context.json(await context.req.parseBody()));
  app.post('/raw', async (context) => context.body(await context.req.arrayBuffer()));
  app.post('/upload', async (context) => {
    const { note, file } = await context.req.parseBody();
    return file instanceof File ? context.json({ note, name: file.name, size: file.size }) : context.text('', 400);
  });
  app.onError((_error, context) => context.text('', 400));
  return app;
}

bodyConformance({
  ...nodeHost('hono, @hono/node-server', (crowdsec) => getRequestListener(createApp(crowdsec).fetch)),
  inflates: false,
});

/** As hosts without Node's requests do: the application gets a Fetch request and nothing else. */
bodyConformance({
  ...nodeHost('hono, Fetch requests', (crowdsec) => {
    const app = createApp(crowdsec);
    return createServer((incoming, outgoing) => {
      const url = `http://${incoming.headers.host ?? 'localhost'}${incoming.url ?? '/'}`;
      const request = new Request(url, {
        method: incoming.method ?? 'GET',
        headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
        body: incoming,
        duplex: 'half',
      });
      void Promise.resolve(app.fetch(request)).then(async (answer) => {
        outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
        outgoing.end(answer.body === null ? '' : await buffer(answer.body));
      });
    });
  }),
  peers: false,
  inflates: false,
});
