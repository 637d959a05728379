import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCrowdsec, silentLogger, type CrowdsecOptions, type Detection } from '@crowdsec-sdk/core';
import { crowdsecMiddleware } from '@crowdsec-sdk/express';
import { startSandbox } from '@crowdsec-sdk/sandbox';
import express, { type Express, type Response } from 'express';
import { expect } from 'vitest';

/** An application on Express, guarded, with a CAPI of its own; visitors come through a proxy on this machine. */
export interface Site {
  /** A request as it stands, by a visitor; the status of the answer. */
  visit(visitor: string, path: string, options?: Visit): Promise<number>;
  /** What the detectors found so far. */
  readonly detections: readonly Detection[];
  /** Sends what was reported, in one call, and tells what CAPI got. */
  reported(): Promise<readonly Reported[]>;
  stop(): Promise<void>;
}

export interface Visit {
  readonly method?: 'GET' | 'POST';
  readonly userAgent?: string;
  readonly facts?: Readonly<Record<string, string>>;
}

export interface Reported {
  readonly ip: string;
  readonly scenario: string;
  /** The types of its decisions; none in a whisper. */
  readonly decisions: readonly string[];
}

export async function startSite(extensions: NonNullable<CrowdsecOptions['extensions']>): Promise<Site> {
  const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-scenarios-'));
  const sandbox = await startSandbox();
  const place = { apiUrl: sandbox.url, stateDir, trustedProxies: 'loopback' } as const;
  const crowdsec = createCrowdsec({ ...place, logger: silentLogger, extensions });
  const detections: Detection[] = [];
  crowdsec.on('detected', (detection) => detections.push(detection));
  await crowdsec.start();
  await expect.poll(() => crowdsec.health().decisions.pulledAt, { timeout: 10_000 }).toBeDefined();

  const app = express();
  app.use(crowdsecMiddleware(crowdsec));
  addRoutes(app, (kind, ip, facts) => crowdsec.observe(kind, { ...facts, ip }));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    visit: (visitor, path, given = {}) => visit(port, visitor, path, given),
    detections,
    async reported() {
      await crowdsec.flushSignals();
      return sandbox.signals.map(({ signal }) => ({
        ip: signal.source.value,
        scenario: signal.scenario,
        decisions: (signal.decisions ?? []).map(({ type }) => type),
      }));
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await crowdsec.stop();
      await sandbox.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

type Observe = (kind: `app:${string}`, ip: string, facts: Readonly<Record<string, string>>) => void;

/** Every form fails: what comes with it are the facts that the application tells. */
function addRoutes(app: Express, observe: Observe): void {
  const form = (path: string, kind: `app:${string}`, status: number): void => {
    app.post(path, express.json(), (request, response: Response) => {
      observe(kind, response.locals.crowdsec.ip ?? '', request.body as Record<string, string>);
      response.status(status).end();
    });
  };
  app.get('/', (_request, response) => void response.send('hello'));
  form('/login', 'app:login-failed', 401);
  form('/contact', 'app:contact-submitted', 200);
  form('/pay', 'app:payment-failed', 402);
}

/** By node:http, which sends a path as it is. */
function visit(port: number, visitor: string, path: string, { method, userAgent, facts }: Visit): Promise<number> {
  const headers = {
    'x-forwarded-for': visitor,
    'user-agent': userAgent ?? 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0',
    'content-type': 'application/json',
  };
  return new Promise((resolve, reject) => {
    const sent = send({ port, host: '127.0.0.1', path, method: method ?? 'GET', headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject).end(facts === undefined ? undefined : JSON.stringify(facts));
  });
}
