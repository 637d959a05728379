import type { RequestListener } from 'node:http';
import { bodyConformance, nodeHost } from '@crowdsec-sdk/conformance';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { H3, HTTPError, readBody, toNodeHandler } from 'h3-2';
import {
  createApp,
  createRouter,
  defineEventHandler,
  readBody as readBodyOf1,
  readMultipartFormData,
  readRawBody,
  toNodeListener,
} from 'h3';
import { crowdsecMiddleware } from '../src/index.js';

function onVersion2(crowdsec: Crowdsec): RequestListener {
  const app = new H3({ silent: true }).use(crowdsecMiddleware(crowdsec));
  app.post('/json', (event) => readBody(event));
  app.post('/form', (event) => readBody(event));
  app.post('/raw', async (event) => new Uint8Array(await event.req.arrayBuffer()));
  app.post('/upload', async (event) => {
    const { req }: { readonly req: { formData(): Promise<Pick<FormData, 'get'>> } } = event;
    const form = await req.formData();
    const file = form.get('file');
    if (!(file instanceof File)) throw new HTTPError({ status: 400 });
    return { note: form.get('note'), name: file.name, size: file.size };
  });
  return toNodeHandler(app);
}

function onVersion1(crowdsec: Crowdsec): RequestListener {
  const router = createRouter()
    .post(
      '/json',
      defineEventHandler((event) => readBodyOf1(event, { strict: true })),
    )
    .post(
      '/form',
      defineEventHandler((event) => readBodyOf1(event)),
    )
    .post(
      '/raw',
      defineEventHandler((event) => readRawBody(event, false)),
    )
    .post(
      '/upload',
      defineEventHandler(async (event) => {
        const parts = (await readMultipartFormData(event)) ?? [];
        const part = (name: string) => parts.find((each) => each.name === name);
        const file = part('file');
        return { note: part('note')?.data.toString(), name: file?.filename, size: file?.data.length };
      }),
    );
  const answer = toNodeListener(createApp().use(crowdsecMiddleware(crowdsec)).use(router));
  return (request, response) => void answer(request, response);
}

bodyConformance({ ...nodeHost('h3 2, its own parsers', onVersion2), inflates: false });
bodyConformance({ ...nodeHost('h3 1, its own parsers', onVersion1), inflates: false });
