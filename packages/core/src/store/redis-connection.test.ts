import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@keyv/redis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startRedis } from '../../../../tools/redis-server.mjs';
import { systemClock } from '../clock.js';
import { DeadlineExceeded, withinDeadline } from '../deadline.js';
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

/** Code of a client that is loaded when the test says so. */
function slowLoad(): { readonly load: () => Promise<void>; readonly finish: () => void } {
  let finish: () => void = () => undefined;
  const loading = new Promise<void>((resolve) => (finish = resolve));
  return { load: () => loading, finish: () => finish() };
}

it('does not count the time in which the code of its client is loaded', async () => {
  const redis = await startRedis({ tcp: true });
  onTestFinished(() => redis.dispose());
  const time = manualTime();
  const { load, finish } = slowLoad();
  const open = (): ReturnType<typeof clientOfUrl> => clientOfUrl(`redis://127.0.0.1:${redis.port}`);
  const connection = new RedisConnection({ load, open, clock: time.clock, logger: silentLogger });
  onTestFinished(() => connection.close());
  const options = { ms: 2_000, timer: { scheduler: time.scheduler, name: 'read' } };
  const reads = [1, 2].map(() => withinDeadline(options, (deadline) => connection.text('key', deadline)));

  await time.advance(10_000);
  finish();
  await expect(Promise.all(reads)).resolves.toEqual([undefined, undefined]);
});

it('waits half a minute for that code at most', async () => {
  const time = manualTime();
  const { load } = slowLoad();
  const open = (): Promise<undefined> => Promise.resolve(undefined);
  const connection = new RedisConnection({ load, open, clock: time.clock, logger: silentLogger });
  const options = { ms: 2_000, timer: { scheduler: time.scheduler, name: 'read' } };
  const read = withinDeadline(options, (deadline) => connection.text('key', deadline));
  const failed = expect(read).rejects.toThrow(DeadlineExceeded);
  await time.advance(30_000);
  await failed;
});

it.each(['load', 'open'] as const)('connects no client when it was closed during the %s of one', async (step) => {
  const { load, finish } = slowLoad();
  const client = await clientOfUrl('redis://127.0.0.1:9');
  const connect = vi.spyOn(client, 'connect');
  const parts = {
    load: async () => (step === 'load' ? load() : undefined),
    open: async () => {
      if (step === 'open') await load();
      return client;
    },
  };
  const connection = new RedisConnection({ ...parts, clock: systemClock, logger: silentLogger });
  const closing = new AbortController();
  const read = withinDeadline({ ms: 2_000, signal: closing.signal }, (deadline) => connection.text('key', deadline));
  connection.close();
  closing.abort(new Error('the store was closed'));
  await expect(read).rejects.toThrow('the store was closed');
  finish();
  await delay(50);
  expect(connect).not.toHaveBeenCalled();
});
