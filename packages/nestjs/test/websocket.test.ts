import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module, UnauthorizedException, UseGuards, type DynamicModule, type Type } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { CrowdsecGuard, CrowdsecModule, Remediation, rememberHandshake, ReportOn } from '../src/index.js';
import { agentOf, platforms, runApp, sandboxWith } from './running-app.js';

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

  it('turns an exception into a signal', async () => {
    const { server, app, sandbox } = await runChat(RememberingGateway, adapter);
    const { say, heard } = await connect(server, VISITOR);
    say('login');
    expect(await heard()).toMatchObject({ event: 'exception' });
    await app.close();
    expect(sandbox.signals.map(({ signal }) => signal.source.value)).toEqual([VISITOR]);
  });
});

describe('CrowdsecGuard on Socket.IO', () => {
  async function join(ip: string): Promise<Socket> {
    const { server } = await runChat(ChatGateway, platforms[0]!.adapter, IoAdapter);
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
  const options = { ...(await agentOf(sandbox)), trustedProxies: 'loopback' as const };
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
