import { createServer } from 'node:http';
import { programOptions } from '@crowdsec-sdk/conformance/program';
import { createCrowdsec } from '@crowdsec-sdk/core';
import { createApp } from './app.js';

// A sandbox on this machine, unless a test tells otherwise.
const options = programOptions({
  apiUrl: 'http://127.0.0.1:8090',
  scenarios: ['acme/login-bruteforce'],
  ephemeral: true,
});
const crowdsec = createCrowdsec(options);
await crowdsec.start();

const respond = createApp(crowdsec).callback();
const server = createServer((request, response) => void respond(request, response));
const port = Number(process.env.PORT ?? 3000);
server.listen(port, process.env.HOST ?? '127.0.0.1', () =>
  console.log(`http://${process.env.HOST ?? '127.0.0.1'}:${port}`),
);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  // Not `once`: libraries that clean up on signals end the process when they find nobody else listening.
  process.on(signal, () => {
    // First the last answers, then what was reported by them.
    server.close(() => {
      void crowdsec.stop();
    });
    server.closeIdleConnections();
  });
}
