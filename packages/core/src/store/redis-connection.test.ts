import { createClient } from '@keyv/redis';
import { expect, it, onTestFinished } from 'vitest';
import { startRedis } from '../../../../tools/redis-server.mjs';
import { systemClock } from '../clock.js';
import { withinDeadline } from '../deadline.js';
import { silentLogger } from '../logger.js';
import { manualTime } from '../testing/manual-time.js';
import { RedisConnection } from './redis-connection.js';
import { clientOfUrl } from './redis-url.js';

it('leaves no connection open, however many it gave up while Redis did not answer', async () => {
  const redis = await startRedis({ tcp: true });
  onTestFinished(() => redis.dispose());
  const url = `redis://127.0.0.1:${redis.port}`;
  const connection = new RedisConnection({ open: () => clientOfUrl(url), clock: systemClock, logger: silentLogger });
  const read = (): Promise<unknown> =>
    withinDeadline({ ms: 1_000 }, (deadline) => connection.text('key', deadline)).catch((error: unknown) => error);

  redis.pause();
  // Those that wait when the silent connection is given up open another one, at the moment at which its successor is being opened.
  await read();
  await Promise.all([read(), read(), read()]);
  redis.resume();
  await expect.poll(read, { timeout: 20_000 }).toBeUndefined();
  connection.close();

  const observer = createClient({ url });
  await observer.connect();
  onTestFinished(() => observer.destroy());
  await expect.poll(async () => (await observer.clientList()).length).toBe(1);
});

it('does not count the time in which the code of its client is loaded', async () => {
  const redis = await startRedis({ tcp: true });
  onTestFinished(() => redis.dispose());
  const time = manualTime();
  let load: () => void = () => undefined;
  const loading = new Promise<void>((resolve) => (load = resolve));
  const open = (): ReturnType<typeof clientOfUrl> => clientOfUrl(`redis://127.0.0.1:${redis.port}`);
  const logger = silentLogger;
  const connection = new RedisConnection({ load: () => loading, open, clock: time.clock, logger });
  onTestFinished(() => connection.close());
  const options = { ms: 2_000, timer: { scheduler: time.scheduler, name: 'read' } };
  const reads = [1, 2].map(() => withinDeadline(options, (deadline) => connection.text('key', deadline)));

  await time.advance(10_000);
  load();
  await expect(Promise.all(reads)).resolves.toEqual([undefined, undefined]);
});
