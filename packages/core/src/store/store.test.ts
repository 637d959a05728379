import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Keyv from 'keyv';
import { FileStorage } from './file-storage.js';
import { openStore } from './open-store.js';
import { describeStore, type StoreKind } from '../../test/store-conformance.js';

const nothing = (): Promise<void> => Promise.resolve();

describeStore('files', true, async (): Promise<StoreKind> => {
  const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-store-'));
  return {
    open: (options) => openStore({ ...options, stateDir }),
    passTime: nothing,
    dispose: () => rm(stateDir, { recursive: true }),
  };
});

describeStore('memory', false, (): Promise<StoreKind> => {
  const store = new Keyv();
  return Promise.resolve({ open: (options) => openStore({ ...options, store }), passTime: nothing, dispose: nothing });
});

describeStore('keyv over an adapter', false, async (): Promise<StoreKind> => {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-keyv-'));
  const store = new Keyv({ store: new FileStorage(folder) });
  return {
    open: (options) => openStore({ ...options, store }),
    passTime: nothing,
    dispose: () => rm(folder, { recursive: true }),
  };
});
