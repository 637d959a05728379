import { afterEach, expect, it } from 'vitest';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.js';
import { openStore } from '../store/open-store.js';
import type { Store } from '../store/store.js';
import { manualTime } from '../testing/manual-time.js';
import { Leadership } from './leadership.js';
import { removeFolder } from '../../test/remove-folder.js';

const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await removeFolder(folder);
});

it('a turn that is given back while it is taken holds nobody up', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leadership-'));
  folders.push(folder);
  const open = (): Store =>
    openStore({ stateDir: folder, namespace: 'n', apiRoot: 'a', clock: systemClock, logger, ephemeral: false });
  const [slow, other] = [open(), open()];
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const store: Store = { ...slow, lease: (name, ttlMs) => answered.then(() => slow.lease(name, ttlMs)) };
  const leadership = new Leadership({
    store,
    scheduler: manualTime().scheduler,
    name: 'lapi',
    lost: () => undefined,
  });
  const taking = leadership.take();
  const released = leadership.release();
  answer();
  await Promise.all([taking, released]);
  expect(await other.lease('lapi', 1_000)).toBeDefined();
  await Promise.all([slow.close(), other.close()]);
});
