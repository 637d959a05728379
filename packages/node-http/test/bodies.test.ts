import { ServerResponse, type IncomingMessage, type RequestListener } from 'node:http';
import { buffer, json, text } from 'node:stream/consumers';
import { bodyConformance, nodeHost } from '@crowdsec-sdk/conformance';
import type { Crowdsec } from '@crowdsec-sdk/core';
import type { Request, Response } from 'express';
import multer from 'multer';
import { promisify } from 'node:util';
import { crowdsecHandler } from '../src/index.js';

const upload = multer().single('file');

const parsers: Readonly<Record<string, (request: IncomingMessage) => unknown>> = {
  '/json': json,
  '/form': async (request) => Object.fromEntries(new URLSearchParams(await text(request))),
  '/raw': buffer,
  '/upload': async (request) => {
    await promisify(upload)(request as Request, new ServerResponse(request) as Response);
    const { body, file } = request as Request;
    return { note: (body as { readonly note: string }).note, name: file?.originalname, size: file?.size };
  },
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const parsed = await parsers[request.url ?? '']?.(request);
    response.end(Buffer.isBuffer(parsed) ? parsed : JSON.stringify(parsed));
  } catch {
    response.writeHead(400).end();
  }
}

const createApp = (crowdsec: Crowdsec): RequestListener => crowdsecHandler(crowdsec, answer);

bodyConformance({ ...nodeHost('node:http, node:stream/consumers and multer', createApp), inflates: false });
