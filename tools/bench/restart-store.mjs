import { systemClock } from '../../packages/core/dist/clock.js';
import { silentLogger } from '../../packages/core/dist/logger.js';
import { openStore } from '../../packages/core/dist/store/open-store.js';

/**
 * The store of the restart benchmark.
 *
 * @param {{ stateDir: string } | { store: import('keyv').Keyv }} place a folder or a Keyv
 * @returns {import('../../packages/core/dist/store/store.js').Store}
 */
export function openBenchStore(place) {
  return openStore({
    namespace: 'bench',
    apiRoot: 'https://capi.example',
    clock: systemClock,
    logger: silentLogger,
    ...place,
  });
}
