import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Starts a private redis-server on a unix socket in a temporary folder.
 *
 * @param {{ appendOnly?: boolean, tcp?: boolean, args?: readonly string[] }} [options] `appendOnly` keeps what was written across
 *   `stop` and `start`; `tcp` also listens on a free port of 127.0.0.1; `args` are further options of redis-server
 * @returns {Promise<import('./redis-server.d.mts').RedisServer>}
 */
export async function startRedis({ appendOnly = false, tcp = false, args: further = [] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-redis-'));
  const socket = join(folder, 'redis.sock');
  const durability = appendOnly ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let server;
  let port = tcp ? await freePort() : 0;

  /** @type {import('./redis-server.d.mts').RedisServer} */
  const redis = {
    socket,
    get port() {
      return port;
    },
    async start() {
      await rm(socket, { force: true });
      const listening = ['--port', String(port), '--bind', '127.0.0.1', '--unixsocket', socket];
      const args = [...listening, '--dir', folder, '--save', '', ...durability, ...further];
      server = spawn('redis-server', args, { stdio: 'ignore' }).on('error', () => undefined);
      for (
        const end = performance.now() + 20_000;
        performance.now() < end && server.pid !== undefined && isRunning(server);
        await delay(10)
      )
        if (await listensAt(socket)) return;
      throw new Error('redis-server did not start: is it installed?');
    },
    async stop(signal = 'SIGTERM') {
      if (server?.pid === undefined || !isRunning(server)) return;
      server.kill('SIGCONT');
      server.kill(signal);
      await once(server, 'exit');
    },
    pause: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
    async dispose() {
      process.off('exit', killAtExit);
      await redis.stop('SIGKILL');
      await rm(folder, { recursive: true });
    },
  };
  const killAtExit = () => {
    server?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', killAtExit);
  for (let tries = 1; ; tries++) {
    try {
      await redis.start();
      return redis;
    } catch (error) {
      // Somebody else may have taken the port since it was found free.
      await redis.stop('SIGKILL');
      if (!tcp || tries === 3) throw error;
      port = await freePort();
    }
  }
}

/** @param {import('node:child_process').ChildProcess} server */
const isRunning = ({ exitCode, signalCode }) => exitCode === null && signalCode === null;

/** @param {string} socket of a server whose file may be there before it takes connections */
async function listensAt(socket) {
  const connection = connect(socket);
  try {
    await once(connection, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}

/** Below those that systems give to whoever asks for any, so that hardly anybody gets one before it is used. */
const PORTS = { first: 20_000, count: 12_000 };
const PORT_TRIES = 20;
/** Processes begin at ports that are far from each other, and take each once. */
let portOffset = (process.pid * 97) % PORTS.count;

/** A port of 127.0.0.1 that nobody listens on now. */
export async function freePort() {
  for (let tries = 1; ; tries++) {
    const port = PORTS.first + (portOffset++ % PORTS.count);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      if (tries === PORT_TRIES) throw error;
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
