import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, IncomingMessage, request as httpRequest } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect, type AddressInfo, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeFacts } from './node-facts.js';
import type { RequestFacts } from './verdict.js';

const REQUEST = 'POST /order HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.7\r\ncontent-length: 0\r\n\r\n';

describe('the facts of a connection', () => {
  it('tell the peer of a TCP connection', async () => {
    const { server, facts } = await listening('127.0.0.1');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    socket.write(REQUEST);
    expect(await facts()).toMatchObject({ remoteAddress: '127.0.0.1', disconnected: false });
    socket.destroy();
  });

  it('tell of a TCP connection that was reset', async () => {
    const { server, facts } = await listening('127.0.0.1');
    await reset(connect((server.address() as AddressInfo).port, '127.0.0.1'));
    expect(await facts()).toMatchObject({ remoteAddress: undefined, disconnected: true });
  });

  it('tell of a TCP connection that was reset before a server on a Unix socket was handed it', async () => {
    const { server, facts } = await listening(await socketPath());
    const { server: front } = await listening('127.0.0.1', (socket) => server.emit('connection', socket));
    await reset(connect((front.address() as AddressInfo).port, '127.0.0.1'));
    expect(await facts()).toMatchObject({ remoteAddress: undefined, disconnected: true });
  });

  it('take the peer of a Unix socket for loopback, also once it has hung up or its server has stopped', async () => {
    const path = await socketPath();
    const { server, facts, requests } = await listening(path);
    const client = httpRequest({ socketPath: path, method: 'POST' }).on('error', () => undefined);
    client.end();
    expect(await facts()).toMatchObject({ remoteAddress: '127.0.0.1', disconnected: false });
    const [request] = requests as [IncomingMessage];
    client.destroy();
    await once(request.socket, 'close');
    expect(nodeFacts(request)).toMatchObject({ remoteAddress: '127.0.0.1', disconnected: false });

    const late = httpRequest({ socketPath: path, method: 'POST' }).on('error', () => undefined);
    late.flushHeaders();
    await once(server, 'connection');
    server.close();
    late.end();
    await expect.poll(() => requests.length).toBe(2);
    expect(nodeFacts(requests[1]!)).toMatchObject({ remoteAddress: '127.0.0.1', disconnected: false });
    late.destroy();
  });

  it('know nobody behind a socket that a host made up and never connected, and do not take it for a reset one', () => {
    expect(nodeFacts(new IncomingMessage(new Socket()))).toMatchObject({
      remoteAddress: undefined,
      disconnected: false,
    });
    expect(nodeFacts(new IncomingMessage(new Socket().destroy()))).toMatchObject({ disconnected: true });
  });

  it('tell of a session of HTTP/2 that was reset', async () => {
    const server = createHttp2Server((request) => {
      request.socket.once('close', () => seen.push(nodeFacts(request)));
    });
    const seen: RequestFacts[] = [];
    await listen(server, '127.0.0.1');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    const session = connectHttp2('http://x', { createConnection: () => socket }).on('error', () => undefined);
    const stream = session.request({ ':path': '/' }).on('error', () => undefined);
    stream.end();
    await once(server, 'session');
    await once(server, 'stream');
    socket.resetAndDestroy();
    await expect.poll(() => seen).toMatchObject([{ remoteAddress: undefined, disconnected: true }]);
  });

  it('know nothing where a host made the socket up', () => {
    for (const socket of [{}, new PassThrough()]) {
      expect(nodeFacts({ method: 'GET', url: '/', headers: {}, socket })).toMatchObject({
        remoteAddress: undefined,
        disconnected: false,
      });
    }
  });
});

/** A server that answers nothing. `facts` are those of the next request, as they are when it comes. */
async function listening(where: string, onConnection?: (socket: Socket) => void) {
  const requests: IncomingMessage[] = [];
  const seen: RequestFacts[] = [];
  const server = createServer((request) => {
    requests.push(request);
    seen.push(nodeFacts(request));
  });
  if (onConnection !== undefined) server.removeAllListeners('connection').on('connection', onConnection);
  await listen(server, where);
  return {
    server,
    requests,
    facts: async (): Promise<RequestFacts | undefined> => {
      await expect.poll(() => seen.length).toBe(1);
      return seen[0];
    },
  };
}

async function listen(server: Server, where: string): Promise<void> {
  await new Promise<void>((resolve) =>
    where.startsWith('/') ? server.listen(where, resolve) : server.listen(0, where, resolve),
  );
  onTestFinished(() => void server.close());
}

async function socketPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-socket-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'app.sock');
}

/** Sends a request and takes the connection away before anybody can look at it. */
async function reset(socket: Socket): Promise<void> {
  await once(socket, 'connect');
  socket.write(REQUEST);
  socket.resetAndDestroy();
}
