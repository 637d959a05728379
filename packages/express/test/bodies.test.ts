import { bodyConformance, nodeHost, type NodeApp } from '@crowdsec-sdk/conformance';
import type { Crowdsec } from '@crowdsec-sdk/core';
import express, { type Express, type Request } from 'express';
import multer from 'multer';
import { crowdsecMiddleware } from '../src/index.js';

function routes(app: Express): Express {
  app.post('/json', express.json({ limit: '1mb' }), (request: Request, response) => {
    response.json(request.body);
  });
  app.post('/form', express.urlencoded({ extended: false }), (request: Request, response) => {
    response.json({ ...(request.body as object) });
  });
  app.post('/raw', express.raw({ limit: '1mb' }), (request: Request, response) => {
    response.type('application/octet-stream').send(request.body);
  });
  app.post('/upload', multer().single('file'), (request, response) => {
    const { note } = request.body as { readonly note: string };
    response.json({ note, name: request.file?.originalname, size: request.file?.size });
  });
  return app;
}

const before = (crowdsec: Crowdsec): NodeApp => routes(express().use(crowdsecMiddleware(crowdsec)));

/** As in applications that have their parser first: then AppSec sees no more than the head of what it has read. */
const behindParsers = (crowdsec: Crowdsec): NodeApp =>
  routes(
    express()
      .use(express.json({ limit: '1mb' }))
      .use(express.urlencoded())
      .use(express.raw({ limit: '1mb' }))
      .use(crowdsecMiddleware(crowdsec)),
  );

/** After an asynchronous middleware, which gives the body time to come in before anybody asks for it. */
const late = (crowdsec: Crowdsec): NodeApp =>
  routes(
    express()
      .use((_request, _response, next) => void setTimeout(next, 30))
      .use(crowdsecMiddleware(crowdsec)),
  );

bodyConformance({ ...nodeHost('express', before), inflates: true });
bodyConformance({ ...nodeHost('express, after an asynchronous middleware', late), inflates: true });
bodyConformance({ ...nodeHost('express, behind its parsers', behindParsers), inflates: true, shows: false });
