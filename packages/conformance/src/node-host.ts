import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCrowdsec, silentLogger, type Crowdsec } from '@crowdsec-sdk/core';
import type { Host } from './host.js';

/** The suite's application in a framework: how it answers requests, or the server that it brings along. */
export type NodeApp = RequestListener | Server;

/** A host of a framework that runs on a `node:http` server, in this process. */
export function nodeHost(adapter: string, createApp: (crowdsec: Crowdsec) => NodeApp | Promise<NodeApp>): Host {
  return {
    adapter,
    peers: true,
    functions: true,
    async start({ crowdsec: options, hostname }) {
      const crowdsec = createCrowdsec({ logger: silentLogger, ...options });
      await crowdsec.start();
      const app = await createApp(crowdsec);
      const server = typeof app === 'function' ? createServer(app) : app;
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, hostname, resolve));
      return {
        port: (server.address() as AddressInfo).port,
        async stop() {
          await new Promise((resolve) => {
            server.close(resolve);
            server.closeAllConnections();
          });
          await crowdsec.stop();
        },
      };
    },
  };
}
