import { createServer } from 'node:http';
import process from 'node:process';
import { createCrowdsec } from '@crowdsec-sdk/core';
import { createApp } from './create-app.js';

const crowdsec = createCrowdsec(JSON.parse(process.env.CROWDSEC_OPTIONS ?? '{}'));
await crowdsec.start();

const server = createServer(createApp(crowdsec)).listen(Number(process.env.PORT ?? 3000), process.env.HOST);

for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
  // First the last answers, then what was reported by them.
  process.on(signal, () => server.close(() => void crowdsec.stop()));
}
