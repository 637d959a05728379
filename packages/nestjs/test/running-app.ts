import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamicModule, INestApplication, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
import { startSandbox, type DecisionInput, type Sandbox } from '@crowdsec-sdk/sandbox';
import { onTestFinished } from 'vitest';
import { CROWDSEC } from '../src/index.js';

/** Nest's HTTP platforms. */
export const platforms: readonly { readonly platform: string; readonly adapter: () => AbstractHttpAdapter }[] = [
  { platform: 'Express', adapter: () => new ExpressAdapter() },
  { platform: 'Fastify', adapter: () => new FastifyAdapter() },
];

/** A sandbox, for the length of a test. */
export async function sandboxWith(...decisions: readonly DecisionInput[]): Promise<Sandbox> {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.stop());
  sandbox.decisions.add(decisions);
  return sandbox;
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

/** Creates the application and lets it listen; resolves once it holds its first decisions. */
export async function runApp(module: Type | DynamicModule, adapter: AbstractHttpAdapter = new ExpressAdapter()): Promise<RunningApp> {
  const app = await NestFactory.create(module, adapter, QUIET);
  onTestFinished(() => app.close());
  const crowdsec = app.get<Crowdsec>(CROWDSEC);
  const refreshed = new Promise((resolve) => crowdsec.on('refreshed', resolve));
  await app.listen(0, '127.0.0.1');
  await refreshed;
  return { app, crowdsec, server: app.getHttpServer() as Server };
}

const QUIET: Pick<NestApplicationOptions, 'abortOnError' | 'logger'> = { abortOnError: false, logger: false };
