import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startRedis, type RedisServer } from '../../../tools/redis-server.mjs';

const APP = fileURLToPath(new URL('fixtures/shutdown-app.mjs', import.meta.url));
/** `stop()` has ten seconds by default. */
const STOP_DEADLINE_MS = 10_000;

let sandbox: Sandbox;
let redis: RedisServer;
let stateDir: string;
let app: ChildProcess;
let output: string;
/** Keeps its connections, as browsers and proxies do. */
let visitor: Agent;

beforeEach(async () => {
  sandbox = await startSandbox();
  redis = await startRedis({ tcp: true });
  stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  visitor = new Agent({ keepAlive: true });
  output = '';
});
afterEach(async () => {
  visitor.destroy();
  app.kill('SIGKILL');
  redis.resume();
  await redis.dispose();
  await sandbox.stop();
  await rm(stateDir, { recursive: true, force: true });
});

/** Starts the application; resolves its port. */
async function start(store: 'url' | 'keyv' | 'files'): Promise<number> {
  const env = {
    ...process.env,
    API_URL: sandbox.url,
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    STATE_DIR: stateDir,
    STORE: store,
  };
  app = spawn(process.execPath, [APP], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [app.stdout!, app.stderr!]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const [, port] = await vi.waitUntil(() => /port (\d+)/.exec(output), { timeout: 60_000 });
  return Number(port);
}

async function logIn(port: number): Promise<void> {
  const sent = request({ port, host: '127.0.0.1', path: '/login', method: 'POST', agent: visitor }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
}

/** Sends a signal and waits for the end; resolves the exit code and how long it took. */
async function end(signal: NodeJS.Signals): Promise<{ readonly code: unknown; readonly tookMs: number }> {
  const ended = once(app, 'exit');
  const from = performance.now();
  app.kill(signal);
  const [code] = await ended;
  return { code, tookMs: performance.now() - from };
}

const works = (): boolean => output.includes('CAPI works: machine ');

describe.each(['url', 'keyv', 'files'] as const)('An application whose store is given by %s', (store) => {
  it('sends what was reported and ends by itself, with code 0, although clients keep their connections', async () => {
    const port = await start(store);
    await vi.waitUntil(works, { timeout: 60_000 });
    await logIn(port);
    const { code, tookMs } = await end('SIGTERM');
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(tookMs).toBeLessThan(STOP_DEADLINE_MS);
    expect(sandbox.signals).toHaveLength(1);
  });

  it('ends by itself while it starts', async () => {
    await start(store);
    expect(await end('SIGINT')).toMatchObject({ code: 0 });
    expect(output).not.toContain('until its store answers');
  });
});

describe.each(['url', 'keyv'] as const)('An application whose Redis is given by %s', (store) => {
  it('ends by itself while Redis does not answer', async () => {
    const port = await start(store);
    await vi.waitUntil(works, { timeout: 60_000 });
    redis.pause();
    await logIn(port);
    const { code, tookMs } = await end('SIGTERM');
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(tookMs).toBeLessThan(STOP_DEADLINE_MS + 10_000);
  });

  it('ends by itself after Redis is gone', async () => {
    await start(store);
    await vi.waitUntil(works, { timeout: 60_000 });
    await redis.stop('SIGKILL');
    expect(await end('SIGTERM')).toMatchObject({ code: 0 });
  });
});
