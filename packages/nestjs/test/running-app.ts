import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamicModule, INestApplication, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
import { startSandbox, type DecisionInput, type Sandbox } from '@crowdsec-sdk/sandbox';
import { onTestFinished } from 'vitest';
import { CROWDSEC } from '../src/index.js';

/** One of Nest's HTTP platforms. */
export interface Platform {
  readonly platform: string;
  readonly adapter: () => AbstractHttpAdapter;
  /** Has bodies of any bytes read. */
  readonly acceptBytes: (app: INestApplication) => void;
}

const BYTES = 'application/octet-stream';
const LIMIT = 1 << 24;

export const platforms: readonly Platform[] = [
  {
    platform: 'Express',
    adapter: () => new ExpressAdapter(),
    acceptBytes: (app) => (app as NestExpressApplication).useBodyParser('raw', { type: BYTES, limit: LIMIT }),
  },
  {
    platform: 'Fastify',
    adapter: () => new FastifyAdapter(),
    acceptBytes: (app) => (app as NestFastifyApplication).useBodyParser(BYTES, { bodyLimit: LIMIT }),
  },
];

/** A sandbox, for the length of a test. */
export async function sandboxWith(...decisions: readonly DecisionInput[]): Promise<Sandbox> {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.stop());
  sandbox.decisions.add(decisions);
  return sandbox;
}

/** The options of an agent of this sandbox, for tests in which nothing is to outlive a process: that spares them the writing of files. */
export function agentInMemory(sandbox: Sandbox): CrowdsecOptions {
  return { apiUrl: sandbox.url, ephemeral: true, scenarios: ['acme/login-bruteforce'] };
}

/** The options of an agent of this sandbox, with a state folder for the length of a test. */
export async function agentOf(sandbox: Sandbox): Promise<CrowdsecOptions> {
  const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-nestjs-'));
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }));
  return { apiUrl: sandbox.url, stateDir, scenarios: ['acme/login-bruteforce'] };
}

export interface RunningApp {
  readonly app: INestApplication;
  readonly crowdsec: Crowdsec;
  readonly server: Server;
}

/**
 * Creates the application and lets it listen; resolves once it holds its first decisions.
 *
 * @param prepare what is done to it before it listens
 */
export async function runApp(
  module: Type | DynamicModule,
  adapter: AbstractHttpAdapter = new ExpressAdapter(),
  prepare: (app: INestApplication) => unknown = () => undefined,
): Promise<RunningApp> {
  const app = await NestFactory.create(module, adapter, QUIET);
  onTestFinished(() => app.close());
  await prepare(app);
  const crowdsec = app.get<Crowdsec>(CROWDSEC);
  const refreshed = new Promise((resolve) => crowdsec.on('refreshed', resolve));
  await app.listen(0, '127.0.0.1');
  await refreshed;
  return { app, crowdsec, server: app.getHttpServer() as Server };
}

/** For applications of tests, which are meant to fail now and then. */
export const QUIET: Pick<NestApplicationOptions, 'abortOnError' | 'logger' | 'bodyParser' | 'forceCloseConnections'> = {
  abortOnError: false,
  logger: false,
};
