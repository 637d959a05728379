import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { describeStore, type StoreKind } from '../../test/store-conformance.js';
import { FileStorage } from './file-storage.js';
import { openStore } from './open-store.js';

const nothing = (): Promise<void> => Promise.resolve();

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 19)) {
  const { Keyv } = await import('keyv6');

  describeStore('keyv 6 in memory', false, (): Promise<StoreKind> => {
    const store = new Keyv();
    return Promise.resolve({
      open: (options) => openStore({ ...options, store }),
      passTime: nothing,
      dispose: nothing,
    });
  });

  describeStore('keyv 6 over files', false, async (): Promise<StoreKind> => {
    const folder = await mkdtemp(join(tmpdir(), 'crowdsec-keyv6-'));
    const store = new Keyv({ store: new FileStorage(folder) });
    return {
      open: (options) => openStore({ ...options, store }),
      passTime: nothing,
      dispose: () => rm(folder, { recursive: true }),
    };
  });
} else {
  const reason = `Keyv 6 needs Node 22.19 or later, this is ${process.versions.node}`;
  console.warn(`Skipped: ${reason}.`);
  describe('store: keyv 6', () => it.skip(reason));
}
