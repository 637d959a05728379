import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { createCrowdsec, silentLogger, type Crowdsec } from '@crowdsec-sdk/core';
import { CrowdsecModule, CROWDSEC } from '@crowdsec-sdk/nestjs';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import middie from '@fastify/middie';
import { Module, type DynamicModule, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { onTestFinished } from 'vitest';
import { crowdsecPanel, type PanelOptions } from '../src/index.js';
import { CrowdsecPanelModule } from '../src/nest.js';

/** An application with the panel at `/crowdsec`. */
export interface Host {
  /** Of the panel, with a slash at the end. */
  readonly url: string;
  readonly crowdsec: Crowdsec;
}

type HostOptions = Omit<PanelOptions, 'crowdsec' | 'path'>;

const yes = { authorize: () => true };

/** Starts a host for the length of a test. */
export type StartHost = (options?: HostOptions) => Promise<Host>;

async function agent(): Promise<Crowdsec> {
  const crowdsec = createCrowdsec(await agentOptions());
  await crowdsec.start();
  onTestFinished(() => crowdsec.stop());
  return crowdsec;
}

async function agentOptions() {
  const sandbox = await startSandbox();
  sandbox.decisions.add([{ value: '203.0.113.7', scenario: 'crowdsecurity/http-probing' }]);
  onTestFinished(() => sandbox.stop());
  return { apiUrl: sandbox.url, ephemeral: true, logger: silentLogger, scenarios: ['acme/x'] };
}

async function listening(server: Server, crowdsec: Crowdsec): Promise<Host> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/crowdsec/`, crowdsec };
}

function panelOf(options: PanelOptions): ReturnType<typeof crowdsecPanel> {
  const panel = crowdsecPanel({ logger: silentLogger, ...options });
  onTestFinished(() => panel.close());
  return panel;
}

const onNode: StartHost = async (options = yes) => {
  const crowdsec = await agent();
  const panel = panelOf({ ...options, crowdsec, path: '/crowdsec' });
  return listening(
    createServer((request, response) => void panel(request, response)),
    crowdsec,
  );
};

const onExpress: StartHost = async (options = yes) => {
  const crowdsec = await agent();
  const app = express();
  app.use(express.json());
  app.use('/crowdsec', panelOf({ ...options, crowdsec }));
  return listening(createServer(app), crowdsec);
};

const onFastify: StartHost = async (options = yes) => {
  const crowdsec = await agent();
  const app = fastify();
  const panel = panelOf({ ...options, crowdsec, path: '/crowdsec' });
  app.addHook('onRequest', (request, reply, done) => {
    if (!panel.owns(request.raw)) return done();
    reply.hijack();
    void panel(request.raw, reply.raw);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  return listening(app.server, crowdsec);
};

const onMiddie: StartHost = async (options = yes) => {
  const crowdsec = await agent();
  const app = fastify();
  await app.register(middie);
  const panel = panelOf({ ...options, crowdsec });
  app.use('/crowdsec', (request, response, next) => void panel(request, response, next));
  await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  return listening(app.server, crowdsec);
};

const onKoa: StartHost = async (options = yes) => {
  const crowdsec = await agent();
  const app = new Koa();
  const panel = panelOf({ ...options, crowdsec, path: '/crowdsec' });
  app.use((context, next) => {
    if (!panel.owns(context.req)) return next();
    context.respond = false;
    return panel(context.req, context.res);
  });
  const handle = app.callback();
  return listening(
    createServer((request: IncomingMessage, response: ServerResponse) => void handle(request, response)),
    crowdsec,
  );
};

const onHono: StartHost = async (options = yes) => {
  const crowdsec = await agent();
  const app = new Hono<{ Bindings: HttpBindings }>();
  const panel = panelOf({ ...options, crowdsec, path: '/crowdsec' });
  const handle = async ({ env }: { readonly env: HttpBindings }): Promise<Response> => {
    await panel(env.incoming, env.outgoing);
    return RESPONSE_ALREADY_SENT;
  };
  app.all('/crowdsec', handle).all('/crowdsec/*', handle);
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  if (!server.listening) await once(server, 'listening');
  return listening(server, crowdsec);
};

/** A panel of an agent with a local API, AppSec and the captcha; its sandbox stands for all of them. */
export async function startWithEngine(): Promise<
  Host & { readonly sandbox: Sandbox; readonly secrets: readonly string[] }
> {
  const sandbox = await startSandbox({ lapi: true, appsec: { apiKeys: ['a-key-of-appsec'] } });
  onTestFinished(() => sandbox.stop());
  const lapi = sandbox.lapi!;
  const machine = { machineId: 'machine-of-the-shop', password: 'secret-enough-for-a-test' };
  lapi.addMachine(machine);
  lapi.decisions.add([{ value: '203.0.113.7', type: 'captcha', duration: '4h', scope: 'Ip', scenario: 'acme/x' }]);
  const apiKey = lapi.addBouncer('shop');
  const crowdsec = createCrowdsec({
    ...{ ephemeral: true, logger: silentLogger, scenarios: ['acme/x'] },
    lapi: { url: lapi.url, apiKey, machine },
    appsec: { url: sandbox.appsec!.url, apiKey: 'a-key-of-appsec', timeoutMs: 20_000 },
  });
  await crowdsec.start();
  onTestFinished(() => crowdsec.stop());
  const panel = panelOf({ crowdsec, authorize: () => true, path: '/crowdsec' });
  const server = createServer((request, response) => void panel(request, response));
  const secrets = [apiKey, machine.password, machine.machineId, 'a-key-of-appsec'];
  return { ...(await listening(server, crowdsec)), sandbox, secrets };
}

const QUIET: Pick<NestApplicationOptions, 'logger'> = { logger: false };

@Module({})
class AppModule {
  static with(imports: readonly DynamicModule[]): DynamicModule {
    return { module: AppModule, imports: [...imports] };
  }
}

const onNest: StartHost = async (options = yes) => {
  const crowdsecModule = CrowdsecModule.forRoot(await agentOptions());
  const panel = CrowdsecPanelModule.forRoot({ logger: silentLogger, ...options });
  const app = await NestFactory.create(AppModule.with([crowdsecModule, panel]), QUIET);
  await app.listen(0, '127.0.0.1');
  onTestFinished(() => app.close());
  return listening(app.getHttpServer() as Server, app.get<Crowdsec>(CROWDSEC));
};

/** All hosts that the README shows. */
export const HOSTS: readonly (readonly [string, StartHost])[] = [
  ['Node', onNode],
  ['Express', onExpress],
  ['Fastify', onFastify],
  ['Fastify with middie', onMiddie],
  ['Koa', onKoa],
  ['Hono', onHono],
  ['Nest', onNest],
];
