import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { Module, UnauthorizedException, UseGuards, type DynamicModule, type Type } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { CrowdsecGuard, CrowdsecModule, Remediation, rememberHandshake, ReportOn } from '../src/index.js';
import { agentInMemory, platforms, runApp, sandboxWith } from './running-app.js';

@WebSocketGateway()
@UseGuards(CrowdsecGuard)
class ChatGateway {
  @SubscribeMessage('hello')
  hello(@Remediation('ip') ip: string | undefined): object {
    return { event: 'hello', data: ip ?? null };
  }

  @SubscribeMessage('login')
  @ReportOn({ on: 401, scenario: 'acme/login-bruteforce' })
  login(): never {
    throw new UnauthorizedException();
  }
}

@WebSocketGateway()
class RememberingGateway extends ChatGateway implements OnGatewayConnection {
  handleConnection(client: object, request: IncomingMessage): void {
    rememberHandshake(client, request);
  }
}

@WebSocketGateway()
class DoublyGuardedGateway extends RememberingGateway {
  @SubscribeMessage('hello')
  @UseGuards(CrowdsecGuard)
  override hello(@Remediation('ip') ip: string | undefined): object {
    return super.hello(ip);
  }
}

@Module({})
class ChatModule {}

const BANNED = '203.0.113.7';
const VISITOR = '192.0.2.1';

describe.each(platforms)('CrowdsecGuard on a WebSocket beside $platform', ({ adapter }) => {
  it('answers the messages of a clean client, by the address of its handshake', async () => {
    const { server } = await runChat(RememberingGateway, adapter);
    const { say, heard } = await connect(server, VISITOR);
    say('hello');
    expect(await heard()).toEqual({ event: 'hello', data: VISITOR });
  });

  it('disconnects a banned client at its first message', async () => {
    const { server } = await runChat(RememberingGateway, adapter);
    const { say, socket } = await connect(server, BANNED);
    const closed = once(socket, 'close');
    say('hello');
    expect((await closed)[0]).toBe(1008);
  });

  it('goes by the decisions of the moment, however long a client is connected', async () => {
    const { server, crowdsec } = await runChat(RememberingGateway, adapter);
    const { say, heard, socket } = await connect(server, VISITOR);
    say('hello');
    await heard();
    crowdsec.decide({ ip: VISITOR, type: 'ban', duration: '4h', scenario: 'acme/login-bruteforce' });
    const closed = once(socket, 'close');
    say('hello');
    expect((await closed)[0]).toBe(1008);
  });

  it('lets a client pass whose handshake nobody remembered, and says how to', async () => {
    const { server, warnings } = await runChat(ChatGateway, adapter);
    const { say, heard } = await connect(server, BANNED);
    for (let i = 0; i < 2; i++) {
      say('hello');
      expect(await heard()).toEqual({ event: 'hello', data: null });
    }
    expect(warnings.filter((text) => text.includes('rememberHandshake'))).toHaveLength(1);
  });

  it('counts a message once, however many guards it passes', async () => {
    const { server, crowdsec } = await runChat(DoublyGuardedGateway, adapter);
    const { say, heard } = await connect(server, VISITOR);
    for (let i = 0; i < 2; i++) {
      say('hello');
      await heard();
    }
    expect(crowdsec.health().requests.total).toBe(2);
  });

  it('turns an exception into a signal', async () => {
    const { server, app, sandbox } = await runChat(RememberingGateway, adapter);
    const { say, heard } = await connect(server, VISITOR);
    say('login');
    expect(await heard()).toMatchObject({ event: 'exception' });
    await app.close();
    expect(sandbox.signals.map(({ signal }) => signal.source.value)).toEqual([VISITOR]);
  });
});

describe('CrowdsecGuard and a handshake whose connection was reset before anybody asked for the address', () => {
  it.each([
    ['a plain WebSocket', (client: object, request: IncomingMessage) => rememberHandshake(client, request)],
    [
      'Socket.IO',
      (client: object, request: IncomingMessage) =>
        Object.assign(client, { request, handshake: { address: undefined, url: '/', headers: request.headers } }),
    ],
  ])('lets no message of %s through', async (_, connected) => {
    const { app, crowdsec } = await runChat(ChatGateway, platforms[0]!.adapter);
    const client = { close: vi.fn() };
    connected(client, await resetHandshake());
    expect(() => app.get(CrowdsecGuard).canActivate(messageOf(client))).toThrow('Forbidden');
    expect(client.close).toHaveBeenCalledWith(1008, 'Forbidden');
    expect(crowdsec.health().requests.found).toMatchObject({ disconnected: { bypass: 1 } });
  });
});

describe('CrowdsecGuard on Socket.IO', () => {
  async function join(ip: string): Promise<Socket> {
    const { server } = await runChat(ChatGateway, platforms[0]!.adapter, IoAdapter);
    return joinAt(server, ip);
  }

  async function joinAt(server: Server, ip: string): Promise<Socket> {
    const socket = io(`http://127.0.0.1:${portOf(server)}`, {
      extraHeaders: { 'x-forwarded-for': ip },
      reconnection: false,
    });
    onTestFinished(() => void socket.disconnect());
    await next(socket, 'connect');
    return socket;
  }

  it('knows the handshake by itself', async () => {
    const socket = await join(VISITOR);
    const heard = next(socket, 'hello');
    socket.emit('hello', '');
    expect(await heard).toEqual([VISITOR]);
  });

  it('disconnects a banned client at its first message', async () => {
    const socket = await join(BANNED);
    const closed = next(socket, 'disconnect');
    socket.emit('hello', '');
    expect((await closed)[0]).toBe('io server disconnect');
  });
});

async function runChat(
  gateway: Type,
  platform: () => AbstractHttpAdapter,
  Adapter: typeof WsAdapter | typeof IoAdapter = WsAdapter,
) {
  const sandbox = await sandboxWith({ value: BANNED });
  const options = { ...agentInMemory(sandbox), trustedProxies: 'loopback' as const };
  const warnings: string[] = [];
  const chat: DynamicModule = { module: ChatModule, imports: [CrowdsecModule.forRoot(options)], providers: [gateway] };
  const running = await runApp(chat, platform(), (app) => {
    app.useWebSocketAdapter(new Adapter(app));
    app.useLogger({ log: () => undefined, warn: (text: string) => warnings.push(text), error: () => undefined });
  });
  return { ...running, sandbox, warnings };
}

async function connect(server: Server, ip: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(server)}`, { headers: { 'x-forwarded-for': ip } });
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return {
    socket,
    say: (event: string) => socket.send(JSON.stringify({ event, data: '' })),
    heard: async (): Promise<unknown> => {
      const [data] = (await once(socket, 'message')) as [Buffer];
      return JSON.parse(data.toString());
    },
  };
}

/** What the next event of a client of Socket.IO brings. */
function next(socket: Socket, event: string): Promise<readonly unknown[]> {
  return new Promise((resolve) => socket.once(event, (...args: readonly unknown[]) => resolve(args)));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** The request that began a WebSocket, of a client that reset the connection before anybody looked at it. */
async function resetHandshake(): Promise<IncomingMessage> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const upgraded = once(server, 'upgrade');
  const socket = connectTcp(portOf(server), '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
  socket.resetAndDestroy();
  const [request] = (await upgraded) as [IncomingMessage];
  request.socket.on('error', () => undefined);
  return request;
}

/** A message of a client of a gateway, as Nest hands it to guards. */
function messageOf(client: object): ExecutionContextHost {
  const context = new ExecutionContextHost([client, {}], ChatGateway, () => undefined);
  context.setType('ws');
  return context;
}
