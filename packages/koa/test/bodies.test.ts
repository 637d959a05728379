import { buffer } from 'node:stream/consumers';
import { bodyConformance, nodeHost, type NodeApp } from '@crowdsec-sdk/conformance';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { bodyParser } from '@koa/bodyparser';
import multer from '@koa/multer';
import Koa, { type Context, type Middleware } from 'koa';
import { koaBody } from 'koa-body';
import { crowdsecMiddleware } from '../src/index.js';

function listenerOf(app: Koa): NodeApp {
  app.on('error', () => undefined);
  const answer = app.callback();
  return (request, response) => void answer(request, response);
}

/** What parsers add to a context. */
interface Parsed {
  readonly request: { readonly body: { readonly note?: string }; readonly files?: { readonly file?: unknown } };
  readonly file?: { readonly originalname: string; readonly size: number };
}

const answer: Middleware = async (context: Context) => {
  const { request, file } = context as unknown as Parsed;
  if (context.path === '/raw') context.body = await buffer(context.req);
  else if (context.path !== '/upload') context.body = { ...request.body };
  else if (file !== undefined) context.body = { note: request.body.note, name: file.originalname, size: file.size };
  else {
    const saved = request.files?.file as { readonly originalFilename: string; readonly size: number };
    context.body = { note: request.body.note, name: saved.originalFilename, size: saved.size };
  }
};

const withBodyParser = (crowdsec: Crowdsec): NodeApp => {
  const upload = multer().single('file') as unknown as Middleware;
  return listenerOf(
    new Koa()
      .use(crowdsecMiddleware(crowdsec))
      .use((context, next) => (context.path === '/upload' ? upload(context, next) : next()) as Promise<unknown>)
      .use(bodyParser({ jsonLimit: '1mb' }) as unknown as Middleware)
      .use(answer),
  );
};

const withKoaBody = (crowdsec: Crowdsec): NodeApp =>
  listenerOf(
    new Koa()
      .use(crowdsecMiddleware(crowdsec))
      .use(koaBody({ multipart: true, jsonLimit: '1mb' }))
      .use(answer),
  );

bodyConformance({ ...nodeHost('koa, @koa/bodyparser and @koa/multer', withBodyParser), inflates: true });
bodyConformance({ ...nodeHost('koa, koa-body', withKoaBody), inflates: true });
