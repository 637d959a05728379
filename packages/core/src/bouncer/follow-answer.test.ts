import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Bouncer } from './bouncer.js';
import { followAnswer } from './follow-answer.js';
import { nodeFacts } from './node-facts.js';

/** A bouncer whose observer notes the path and status of each answer. */
function noting(): { readonly bouncer: Bouncer; readonly noted: string[] } {
  const noted: string[] = [];
  const bouncer = new Bouncer({
    getIpRemediation: () => ({ remediation: 'bypass', origin: 'clean' }),
    remedies: {},
    observer: {
      wantsRequests: false,
      wantsResponses: true,
      catchUp: () => undefined,
      request: () => false,
      response: (_ip, { path }, { status }) => void noted.push(`${path} ${status}`),
      remedyFailed: () => undefined,
    },
  });
  return { bouncer, noted };
}

async function listening(server: Server | Http2Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function following(bouncer: Bouncer, handle: RequestListener): RequestListener {
  return (request, response) => {
    const facts = nodeFacts(request);
    followAnswer(bouncer, facts, bouncer.inspect(facts), response);
    void handle(request, response);
  };
}

describe('an answer', () => {
  it('is told once it is sent, each to itself on one connection that does not wait for them', async () => {
    const { bouncer, noted } = noting();
    const open: (() => void)[] = [];
    const handle: RequestListener = (request, response) => {
      response.statusCode = request.url === '/a' ? 200 : 404;
      open.push(() => response.end('x'));
    };
    const port = await listening(createServer(following(bouncer, handle)));
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /a HTTP/1.1\r\nhost: a\r\n\r\nGET /b HTTP/1.1\r\nhost: a\r\n\r\n');
    await vi.waitFor(() => expect(open).toHaveLength(2), { timeout: 20_000 });
    open[1]!();
    await new Promise((resolve) => setImmediate(resolve));
    expect(noted).toEqual([]);
    open[0]!();
    await vi.waitFor(() => expect(noted).toEqual(['/a 200', '/b 404']), { timeout: 20_000 });
    socket.write('GET /c HTTP/1.1\r\nhost: a\r\n\r\n');
    await vi.waitFor(() => expect(open).toHaveLength(3), { timeout: 20_000 });
    open[2]!();
    await vi.waitFor(() => expect(noted).toEqual(['/a 200', '/b 404', '/c 404']), { timeout: 20_000 });
    socket.destroy();
  });

  it('that is cut short is told when its connection closes, and one that had not begun is not', async () => {
    const { bouncer, noted } = noting();
    let closed = 0;
    const handle: RequestListener = (request, response) => {
      request.socket.once('close', () => closed++);
      if (request.url === '/begun') response.writeHead(206).write('x');
      else request.socket.destroy();
    };
    const port = await listening(createServer(following(bouncer, handle)));
    const ask = (path: string): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        httpRequest({ host: '127.0.0.1', port, path, agent: false }, resolve).on('error', reject).end();
      });
    const answer = await ask('/begun');
    expect(noted).toEqual([]);
    answer.on('error', () => undefined).destroy();
    await vi.waitFor(() => expect(noted).toEqual(['/begun 206']), { timeout: 20_000 });
    await expect(ask('/not-begun')).rejects.toThrow();
    await vi.waitFor(() => expect(closed).toBe(2), { timeout: 20_000 });
    expect(noted).toEqual(['/begun 206']);
  });

  it('is told whatever prototype the response was given, and over HTTP/2', async () => {
    const { bouncer, noted } = noting();
    const handle: RequestListener = (request, response) => {
      for (const each of [request, response])
        Object.setPrototypeOf(each, Object.create(Object.getPrototypeOf(each) as object) as object);
      followAnswer(bouncer, nodeFacts(request), bouncer.inspect(nodeFacts(request)), response);
      response.writeHead(204).end();
    };
    const port = await listening(createServer(handle));
    await fetch(`http://127.0.0.1:${port}/express`);
    await vi.waitFor(() => expect(noted).toEqual(['/express 204']), { timeout: 20_000 });

    const http2 = createHttp2Server(following(bouncer, (_, response) => void response.writeHead(418).end()) as never);
    const client = connectHttp2(`http://127.0.0.1:${await listening(http2)}`);
    await once(client.request({ ':path': '/h2' }).resume(), 'close');
    await vi.waitFor(() => expect(noted).toEqual(['/express 204', '/h2 418']), { timeout: 20_000 });
    client.destroy();
  });
});
