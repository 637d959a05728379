import { createServer, type RequestListener, type Server } from 'node:http';
import { createCrowdsec, silentLogger, type Crowdsec } from '@crowdsec-sdk/core';
import type { Host } from './host.js';
import { listen, listenByTls, portOf } from './listen.js';

/** The suite's application in a framework: how it answers requests, or the server that it brings along. */
export type NodeApp = RequestListener | Server;

/** A host of a framework that runs on a `node:http` server, in this process. */
export function nodeHost(adapter: string, createApp: (crowdsec: Crowdsec) => NodeApp | Promise<NodeApp>): Host {
  return {
    adapter,
    peers: true,
    functions: true,
    sockets: true,
    async start(options) {
      const crowdsec = createCrowdsec({ logger: silentLogger, ...options.crowdsec });
      await crowdsec.start();
      const app = await createApp(crowdsec);
      const server = typeof app === 'function' ? createServer(app) : app;
      await listen(server, options);
      const front = options.tls ? await listenByTls(server, options.hostname) : undefined;
      return {
        port: front?.port ?? portOf(server),
        async stop() {
          front?.close();
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
