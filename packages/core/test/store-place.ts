import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { systemClock } from '../src/clock.js';
import { silentLogger } from '../src/logger.js';
import { openStore } from '../src/store/open-store.js';
import type { Store } from '../src/store/store.js';

/** Where the store of several processes is. */
export type StorePlace = { readonly stateDir: string } | { readonly redisSocket: string };

/** Opens a store as every worker of one test does. */
export function openAt(place: StorePlace): { store: Store; disconnect: () => Promise<void> } {
  const options = {
    namespace: 'shop',
    apiRoot: 'https://api.crowdsec.net',
    clock: systemClock,
    logger: silentLogger,
    // Many processes work at once, and none is to fail for that.
    deadlineMs: 20_000,
  };
  if ('stateDir' in place) {
    const store = openStore({ ...options, stateDir: place.stateDir });
    return { store, disconnect: () => store.close() };
  }
  const keyv = new Keyv(new KeyvRedis({ socket: { path: place.redisSocket, tls: false } }));
  return { store: openStore({ ...options, store: keyv }), disconnect: () => keyv.disconnect() };
}
