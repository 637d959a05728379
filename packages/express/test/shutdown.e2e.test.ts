import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { describe, expect, it, vi, type TestContext } from 'vitest';
import { startRedis, type RedisServer } from '../../../tools/redis-server.mjs';

const APP = fileURLToPath(new URL('fixtures/shutdown-app.mjs', import.meta.url));
/** `stop()` has ten seconds by default. */
const STOP_DEADLINE_MS = 10_000;

/** An application with a CAPI and a Redis of its own: the tests run beside each other, for most of the time they wait for a deadline. */
interface TestEnvironment {
  readonly sandbox: Sandbox;
  readonly redis: RedisServer;
  /** Starts the application. */
  start(): Promise<void>;
  /** Resolves once it is on the network. */
  works(): Promise<unknown>;
  /** What it has printed. */
  output(): string;
  /** Has a visitor fail to log in, which it reports. */
  logIn(): Promise<void>;
  /** Sends a signal and waits for the end; resolves the exit code and how long it took. */
  end(signal: NodeJS.Signals): Promise<{ readonly code: unknown; readonly tookMs: number }>;
}

/** It is gone after the test, also after one that waited in vain for the end of the application. */
async function openTestEnvironment(
  store: 'url' | 'keyv' | 'files',
  { onTestFinished }: TestContext,
): Promise<TestEnvironment> {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.stop());
  const redis = await startRedis({ tcp: true });
  onTestFinished(async () => {
    redis.resume();
    await redis.dispose();
  });
  const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  // It keeps its connections, as browsers and proxies do.
  const visitor = new Agent({ keepAlive: true });
  let app: ChildProcess | undefined;
  onTestFinished(async () => {
    visitor.destroy();
    app?.kill('SIGKILL');
    await rm(stateDir, { recursive: true, force: true, maxRetries: 10 });
  });
  let output = '';
  let port = 0;
  return {
    sandbox,
    redis,
    async start() {
      const redisUrl = `redis://127.0.0.1:${redis.port}`;
      const env = { ...process.env, API_URL: sandbox.url, REDIS_URL: redisUrl, STATE_DIR: stateDir, STORE: store };
      app = spawn(process.execPath, [APP], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [app.stdout!, app.stderr!]) stream.on('data', (text: Buffer) => (output += text.toString()));
      const [, text] = await vi.waitUntil(() => /port (\d+)/.exec(output), { timeout: 60_000 });
      port = Number(text);
    },
    works: () => vi.waitUntil(() => output.includes('CAPI works: machine '), { timeout: 60_000 }),
    output: () => output,
    async logIn() {
      const sent = request({ port, host: '127.0.0.1', path: '/login', method: 'POST', agent: visitor }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
    },
    async end(signal) {
      const ended = once(app!, 'exit');
      const from = performance.now();
      app!.kill(signal);
      const [code] = await ended;
      return { code, tookMs: performance.now() - from };
    },
  };
}

describe.concurrent.each(['url', 'keyv', 'files'] as const)('An application whose store is given by %s', (store) => {
  it('sends what was reported and ends by itself, with code 0, although clients keep their connections', async (context) => {
    const environment = await openTestEnvironment(store, context);
    await environment.start();
    await environment.works();
    await environment.logIn();
    const { code, tookMs } = await environment.end('SIGTERM');
    expect({ code, output: environment.output() }).toMatchObject({ code: 0 });
    expect(tookMs).toBeLessThan(STOP_DEADLINE_MS);
    expect(environment.sandbox.signals).toHaveLength(1);
  });

  it('ends by itself while it starts', async (context) => {
    const environment = await openTestEnvironment(store, context);
    await environment.start();
    expect(await environment.end('SIGINT')).toMatchObject({ code: 0 });
    expect(environment.output()).not.toContain('until its store answers');
  });
});

describe.concurrent.each(['url', 'keyv'] as const)('An application whose Redis is given by %s', (store) => {
  it('ends by itself while Redis does not answer', async (context) => {
    const environment = await openTestEnvironment(store, context);
    await environment.start();
    await environment.works();
    environment.redis.pause();
    await environment.logIn();
    const { code, tookMs } = await environment.end('SIGTERM');
    expect({ code, output: environment.output() }).toMatchObject({ code: 0 });
    expect(tookMs).toBeLessThan(STOP_DEADLINE_MS + 10_000);
  });

  it('ends by itself after Redis is gone', async (context) => {
    const environment = await openTestEnvironment(store, context);
    await environment.start();
    await environment.works();
    await environment.redis.stop('SIGKILL');
    expect(await environment.end('SIGTERM')).toMatchObject({ code: 0 });
  });
});
