import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A private redis-server on a unix socket in a temporary folder. */
export interface RedisServer {
  readonly socket: string;
  /** Starts it again, with what its append-only file holds, if it has one. */
  start(): Promise<void>;
  /** Ends it, as a crash would with `SIGKILL`. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Holds it still: connected, but mute. */
  pause(): void;
  resume(): void;
  dispose(): Promise<void>;
}

/**
 * Starts a redis-server.
 *
 * @param appendOnly keeps what was written across `stop` and `start`
 */
export async function startRedis({ appendOnly = false } = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-redis-'));
  const socket = join(folder, 'redis.sock');
  const durability = appendOnly ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  let server: ChildProcess | undefined;

  const redis: RedisServer = {
    socket,
    async start() {
      await rm(socket, { force: true });
      const args = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', ...durability];
      server = spawn('redis-server', args, { stdio: 'ignore' });
      for (let waited = 0; waited < 500; waited++) {
        if (await stat(socket).then(() => true, () => false)) return;
        await delay(10);
      }
      throw new Error('redis-server did not start: is it installed?');
    },
    async stop(signal = 'SIGTERM') {
      if (server?.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGCONT');
      server.kill(signal);
      await once(server, 'exit');
    },
    pause: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
    async dispose() {
      await redis.stop('SIGKILL');
      await rm(folder, { recursive: true });
    },
  };
  await redis.start();
  return redis;
}
