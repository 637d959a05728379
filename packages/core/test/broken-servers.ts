import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { freePort } from '../../../tools/redis-server.mjs';
import { CERTIFICATE } from './certificate.js';

/** Servers on loopback that fail as the networks of users do; all are closed together. */
export class BrokenServers implements AsyncDisposable {
  readonly #servers: Server[] = [];

  /** Nobody listens there. */
  async closed(): Promise<string> {
    return `http://127.0.0.1:${await freePort()}`;
  }

  /** Every call is answered by this status. */
  async answering(status: number, headers: Readonly<Record<string, string>> = {}, body = ''): Promise<string> {
    return `http://127.0.0.1:${await this.#open(createServer(answerAll(status, headers, body)))}`;
  }

  /** TLS is ended by somebody whose authority Node does not know. */
  async intercepted(): Promise<string> {
    return `https://localhost:${await this.#open(createTlsServer(CERTIFICATE, answerAll(200, {}, '{}')))}`;
  }

  /** A proxy that refuses to connect to anybody. */
  async refusingProxy(status: number): Promise<string> {
    const server = createServer(answerAll(status, {}, ''));
    server.on('connect', (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`));
    return `http://127.0.0.1:${await this.#open(server)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      if ('closeAllConnections' in server) (server as ReturnType<typeof createServer>).closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #open(server: Server): Promise<number> {
    this.#servers.push(server);
    return listen(server);
  }
}

function answerAll(status: number, headers: Readonly<Record<string, string>>, body: string): RequestListener {
  return (request, response) => {
    request.resume();
    response.writeHead(status, headers).end(body);
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
