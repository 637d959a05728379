import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer, json, text } from 'node:stream/consumers';
import { bodyConformance, nodeHost } from '@crowdsec-sdk/conformance';
import type { Crowdsec } from '@crowdsec-sdk/core';
import { crowdsecHandler } from '../src/index.js';

const parsers: Readonly<Record<string, (request: IncomingMessage) => unknown>> = {
  '/json': json,
  '/form': async (request) => Object.fromEntries(new URLSearchParams(await text(request))),
  '/raw': buffer,
  '/upload': async (request) => {
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const form = await new Response(Readable.toWeb(request) as ReadableStream, { headers }).formData();
    const file = form.get('file') as File;
    return { note: form.get('note'), name: file.name, size: file.size };
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

bodyConformance({ ...nodeHost('node:http, node:stream/consumers', createApp), inflates: false });
