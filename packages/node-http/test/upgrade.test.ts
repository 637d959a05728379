import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Crowdsec, CrowdsecOptions, PassVerdict } from '@crowdsec-sdk/core';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { crowdsecHandler } from '../src/index.js';
import { agent, BANNED, CLEAN } from './running-agent.js';

const KEY = 'upgrade-test-key';

describe('an upgrade', () => {
  it('of a client that may pass gets the connection, what came with it, and the verdict', async () => {
    const { port, verdicts } = await listening(await agent());
    const { socket, said } = await upgraded(port, CLEAN);
    socket.write('ping');
    await expect.poll(said).toBe('echo:ping');
    socket.destroy();
    expect(verdicts).toMatchObject([{ ip: CLEAN, remediation: 'bypass' }]);
  });

  it('of a banned client is refused by an HTTP answer, and its connection is closed', async () => {
    const { port, verdicts } = await listening(await agent());
    const answer = await refused(port, BANNED);
    expect(answer.status).toBe(403);
    expect(answer.headers).toMatchObject({ connection: 'close', 'cache-control': 'no-store' });
    expect(answer.body).toContain('"status":403');
    expect(verdicts).toEqual([]);
  });

  it('of a client whose requests are refused too is the same to the application', async () => {
    const { port } = await listening(await agent());
    const answer = await fetch(`http://127.0.0.1:${port}`, { headers: { 'x-forwarded-for': BANNED } });
    expect(answer.status).toBe(403);
  });

  it('waits for AppSec, which is told of it', async () => {
    const sandbox = await appsec();
    const { port, verdicts } = await listening(await agent(asking(sandbox)));
    const { socket, said } = await upgraded(port, CLEAN);
    socket.write('ping');
    await expect.poll(said).toBe('echo:ping');
    socket.destroy();
    expect(sandbox.appsec?.calls).toHaveLength(1);
    sandbox.appsec?.answerWith(() => ({ action: 'ban' }));
    expect((await refused(port, CLEAN)).status).toBe(403);
    expect(verdicts).toHaveLength(1);
  });

  it('that announces a body is not waited for, since what follows belongs to the other protocol', async () => {
    const sandbox = await appsec();
    const { port } = await listening(await agent(asking(sandbox)));
    const socket = connect(port, '127.0.0.1');
    const head = `GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\nx-forwarded-for: ${CLEAN}\r\n`;
    socket.write(`${head}content-length: 5\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 101 /);
    socket.destroy();
  });

  it('that a banned client sends right behind a request is refused, and ends no process', async () => {
    const { port, verdicts, sockets } = await listening(await agent());
    const head = `GET / HTTP/1.1\r\nhost: x\r\nx-forwarded-for: ${BANNED}\r\n`;
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
    socket.write(`${head}\r\n${head}connection: upgrade\r\nupgrade: echo\r\n\r\n`);
    await once(socket, 'close');
    expect(said).toMatch(/^HTTP\/1\.1 403 /);
    expect(verdicts).toEqual([]);
    await expect.poll(() => sockets.map(({ destroyed }) => destroyed)).toEqual([true]);
    expect((await refused(port, BANNED)).status).toBe(403);
  });

  it.each([
    [BANNED, 403],
    [CLEAN, 200],
  ])('is guarded as the other events that Node emits in place of `request`: %s gets %i', async (visitor, status) => {
    const handler = crowdsecHandler(await agent(), (_request, response) => response.end('hello'));
    const server = createServer(handler)
      .on('checkContinue', handler)
      .on(
        'connect',
        handler.upgrade((_request, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')),
      );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const head = `host: x\r\nconnection: close\r\nx-forwarded-for: ${visitor}\r\n`;
    expect(await statuses(server, `CONNECT x:443 HTTP/1.1\r\n${head}\r\n`)).toEqual([status]);
    const expecting = `POST / HTTP/1.1\r\n${head}expect: 100-continue\r\ncontent-length: 0\r\n\r\n`;
    expect(await statuses(server, expecting)).toEqual([status]);
  });

  it('that is refused leaves no connection behind, though the client keeps its half open', async () => {
    const { port, sockets } = await listening(await agent());
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    const head = `GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n`;
    socket.write(`${head}x-forwarded-for: ${BANNED}\r\n\r\n`);
    socket.resume();
    await once(socket, 'end');
    await expect.poll(() => sockets.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it('whose client is gone before a remedy has answered is handed to nobody', async () => {
    let decide = (_: 'pass'): void => undefined;
    const asked: unknown[] = [];
    const ban = (request: unknown): Promise<'pass'> => {
      asked.push(request);
      return new Promise((resolve) => (decide = resolve));
    };
    const { port, verdicts, sockets } = await listening(await agent({ remedies: { ban } }));
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.write(
      `GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\nx-forwarded-for: ${BANNED}\r\n\r\n`,
    );
    await expect.poll(() => asked.length).toBe(1);
    socket.resetAndDestroy();
    await expect.poll(() => sockets.map(({ destroyed }) => destroyed)).toEqual([true]);
    decide('pass');
    (await upgraded(port, CLEAN)).socket.destroy();
    expect(verdicts).toMatchObject([{ ip: CLEAN }]);
  });
});

/** The statuses that a server answers to this before it closes the connection. */
async function statuses(server: Server, request: string): Promise<number[]> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.end(request);
  return [...(await text(socket)).matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

async function appsec(): Promise<Sandbox> {
  const sandbox = await startSandbox({ appsec: { apiKeys: [KEY] } });
  onTestFinished(() => sandbox.stop());
  return sandbox;
}

function asking(sandbox: Sandbox): Partial<CrowdsecOptions> {
  return { appsec: { url: sandbox.appsec?.url ?? '', apiKey: KEY, timeoutMs: 5_000 } };
}

/** A server that speaks a protocol of its own to who asks for it: it repeats what is said. */
async function listening(crowdsec: Crowdsec) {
  const verdicts: PassVerdict[] = [];
  const sockets: Socket[] = [];
  const handler = crowdsecHandler(crowdsec, (_request, response) => response.end('hello'));
  const server = createServer(handler).on('connection', (socket) => sockets.push(socket));
  server.on(
    'upgrade',
    handler.upgrade((_request, socket, _head, verdict) => {
      verdicts.push(verdict);
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
      socket.on('data', (chunk: Buffer) => socket.write(`echo:${chunk.toString()}`));
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, verdicts, sockets };
}

function asked(port: number, visitor: string) {
  const headers = { connection: 'upgrade', upgrade: 'echo', 'x-forwarded-for': visitor, accept: 'application/json' };
  return httpRequest({ port, host: '127.0.0.1', headers }).end();
}

async function upgraded(port: number, visitor: string): Promise<{ socket: Socket; said: () => string }> {
  const [, socket] = (await once(asked(port, visitor), 'upgrade')) as [IncomingMessage, Socket];
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { socket, said: () => text };
}

async function refused(port: number, visitor: string) {
  const [answer] = (await once(asked(port, visitor), 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of answer) body += String(chunk);
  expect(answer.complete).toBe(true);
  await expect.poll(() => answer.socket.destroyed).toBe(true);
  return { status: answer.statusCode, headers: answer.headers, body };
}
