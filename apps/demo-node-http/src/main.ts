import { createServer } from 'node:http';
import type { CrowdsecOptions } from '@crowdsec-sdk/core';
import { crowdsecHandler } from '@crowdsec-sdk/node-http';

const options = JSON.parse(process.env.CROWDSEC_OPTIONS ?? '{}') as CrowdsecOptions;

const handler = crowdsecHandler(options, (_request, response, { ip = 'stranger' }) => {
  response.setHeader('content-type', 'text/plain').end(`Hello ${ip}\n`);
});
const server = createServer(handler).listen(Number(process.env.PORT ?? 3000), process.env.HOST);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  // First the last answers, then what was reported by them.
  process.on(signal, () => server.close(() => void handler.crowdsec.stop()));
}
