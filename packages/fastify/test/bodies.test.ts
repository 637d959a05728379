import { bodyConformance, nodeHost, type NodeApp } from '@crowdsec-sdk/conformance';
import type { Crowdsec } from '@crowdsec-sdk/core';
import formbody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import { fastify } from 'fastify';
import { crowdsecPlugin } from '../src/index.js';

async function createApp(crowdsec: Crowdsec): Promise<NodeApp> {
  const app = fastify({ bodyLimit: 1 << 20 });
  await app.register(crowdsecPlugin, { crowdsec });
  await app.register(formbody);
  await app.register(multipart);
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.post('/json', (request) => request.body);
  app.post('/form', (request) => request.body);
  app.post('/raw', (request) => request.body);
  app.post('/upload', async (request) => {
    const file = await request.file();
    const bytes = await file?.toBuffer();
    const note = file?.fields.note as { readonly value?: string } | undefined;
    return { note: note?.value, name: file?.filename, size: bytes?.length };
  });
  await app.ready();
  return app.server;
}

bodyConformance({ ...nodeHost('fastify', createApp), inflates: false });
