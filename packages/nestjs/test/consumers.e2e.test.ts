import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CONSUMER_APP } from './consumer-app.js';

const run = promisify(execFile);
const PACKED = ['core', 'sandbox', 'nestjs'];
/** Half a minute is enough for an application, on a machine that has nothing else to do. */
const DEADLINE_MS = 300_000;
const INSTALL = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--prefer-offline'];

/** What people have: an application of the last Nest in CommonJS, compiled by TypeScript 6, and one of this Nest in ES modules, by TypeScript 7. Neither has our optional peers. */
const CONSUMERS = [
  { consumer: 'a Nest 11 application in CommonJS', type: 'commonjs', nest: '^11.0.0', compiler: 'tsc6' },
  { consumer: 'a Nest 12 application in ES modules', type: 'module', nest: '^12.0.0', compiler: 'tsc' },
] as const;

describe('the packed packages', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crowdsec-consumers-'));
    for (const name of PACKED) await run('npm', ['pack', '--pack-destination', folder], { cwd: join('..', name) });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(CONSUMERS)(
    'install, compile and protect $consumer',
    async ({ type, nest, compiler }) => {
      const app = join(folder, type);
      await install(folder, app, { type, nest });
      await compile(app, compiler);
      for (const platform of ['express', 'fastify']) await isProtected(app, platform);
    },
    DEADLINE_MS,
  );
});

async function isProtected(app: string, platform: string): Promise<void> {
  const { port, stop } = await start(app, platform);
  const visit = (path: string, ip: string): request.Test =>
    request(`http://127.0.0.1:${port}`).get(path).set('X-Forwarded-For', ip);
  const { body } = await visit('/', '192.0.2.1').expect(200);
  expect(body).toEqual({ ip: '192.0.2.1', origin: 'clean', count: 1 });
  await visit('/', '203.0.113.7').expect(403);
  await visit('/nowhere', '203.0.113.7').expect(403);
  await visit('/nowhere', '192.0.2.1').expect(404);
  await visit('/health', '192.0.2.1').expect(200, /"status":"up"/);
  await visit('/login', '192.0.2.1').expect(401);
  expect(await stop()).toEqual({ signals: 1 });
}

async function tarballOf(folder: string, name: string): Promise<string> {
  const file = (await readdir(folder)).find((entry) => entry.startsWith(`crowdsec-sdk-${name}-`));
  return join(folder, file ?? 'not packed');
}

async function install(
  folder: string,
  app: string,
  { type, nest }: { readonly type: string; readonly nest: string },
): Promise<void> {
  const ours = PACKED.map(async (name) => [`@crowdsec-sdk/${name}`, `file:${await tarballOf(folder, name)}`]);
  const dependencies = {
    ...Object.fromEntries(await Promise.all(ours)),
    '@nestjs/common': nest,
    '@nestjs/core': nest,
    '@nestjs/platform-express': nest,
    '@nestjs/platform-fastify': nest,
    '@types/express': '^5.0.0',
    '@types/node': '^20.19.0',
    'reflect-metadata': '^0.2.2',
    rxjs: '^7.8.2',
  };
  await mkdir(app);
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type, dependencies }));
  await writeFile(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: STRICT, files: ['main.ts'] }));
  await writeFile(join(app, 'main.ts'), CONSUMER_APP);
  await run('npm', INSTALL, { cwd: app });
}

async function compile(app: string, compiler: string): Promise<void> {
  // The compiler complains on the standard output, which the error of a failed program does not tell.
  const complaints = await run('npx', [compiler, '-p', app]).then(
    () => '',
    (error: unknown) => (error as { readonly stdout: string }).stdout,
  );
  expect(complaints).toBe('');
}

/** Our declarations are checked too. */
const STRICT = {
  target: 'ES2023',
  module: 'NodeNext',
  types: ['node'],
  strict: true,
  noImplicitOverride: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: false,
};

async function start(app: string, platform: string) {
  const env = { ...process.env, PLATFORM: platform, STATE_DIR: join(app, `state-${platform}`) };
  const child = spawn(process.execPath, ['main.js'], { cwd: app, env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const told = async (key: string): Promise<unknown> => {
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      if (line.value.startsWith(`{"${key}"`)) return JSON.parse(line.value);
    }
    throw new Error(`The application ended before it told its ${key}.`);
  };
  const { port } = (await told('port')) as { port: number };
  return {
    port,
    stop: (): Promise<unknown> => {
      child.kill('SIGTERM');
      return told('signals');
    },
  };
}
