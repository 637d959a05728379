import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request, { type Test } from 'supertest';
import { expect, onTestFinished } from 'vitest';
import { readEnvironment } from '../src/environment.js';
import type { PanelState } from '@crowdsec-sdk/panel';
import type { DemoState } from '../src/play/state.js';
import { DemoServer } from '../src/demo-server.js';

/** The demo on a free port, for the length of a test; resolves once it holds its first decisions. */
export async function startDemo(environment: Readonly<Record<string, string>> = {}): Promise<RunningDemo> {
  const server = await DemoServer.open(readEnvironment({ PORT: '0', ...environment }));
  onTestFinished(() => server.close());
  const demo = runningDemo(server);
  await expect.poll(async () => (await demo.panel()).decisions.count, { timeout: 15_000 }).toBeGreaterThan(0);
  return demo;
}

export interface RunningDemo {
  readonly url: string;
  /** What the page that plays visitors shows. */
  state(): Promise<DemoState>;
  /** What the panel of the agent shows. */
  panel(): Promise<PanelState>;
  /** A change, as the page of the panel makes it. */
  change(what: 'lift' | 'flush', body?: object): Test;
  /** A request of a visitor with this address. */
  as(ip: string): { get(path: string): Test; post(path: string): Test };
  close(): Promise<void>;
}

function runningDemo(server: DemoServer): RunningDemo {
  return {
    url: server.url,
    state: async () => (await request(server.url).get('/api/state').expect(200)).body as DemoState,
    panel: async () => (await request(server.url).get('/crowdsec/metrics.json').expect(200)).body as PanelState,
    change: (what, body = {}) =>
      request(server.url).post(`/crowdsec/${what}`).set({ Origin: server.url, 'X-Crowdsec-Panel': '1' }).send(body),
    as: (ip) => ({
      get: (path) => request(server.url).get(path).set('X-Forwarded-For', ip),
      post: (path) => request(server.url).post(path).set('X-Forwarded-For', ip),
    }),
    close: () => server.close(),
  };
}

/** A folder for the length of a test. */
export async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'crowdsec-demo-test-'));
  onTestFinished(() => rm(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}
