import { expect, it } from 'vitest';
import { silentLogger } from '../logger.js';
import { openStore } from '../store/open-store.js';
import type { JsonValue } from '../store/store.js';
import { manualTime } from '../testing/manual-time.js';
import { poisonedSignals, setAside, requeuePoisoned } from './poisoned.js';

const { clock } = manualTime();
const signal = (uuid: string) => ({
  uuid,
  scenario: 'acme/probe',
  created_at: '2026-01-01T00:00:00.000Z',
  source: { scope: 'Ip', value: '20.0.0.1' },
});
const sound = (uuid: string) => ({ signal: signal(uuid), message: 'refused', at: clock.now() });

it.each<JsonValue>([{}, null, 7, { signal: {}, message: '', at: 0 }, { ...sound('x'), at: 1e300 }])(
  'leaves out what cannot be read of the signals that were set aside (%j)',
  async (damage) => {
    const store = openStore({
      namespace: 'test',
      apiRoot: 'http://127.0.0.1',
      clock,
      logger: silentLogger,
      ephemeral: true,
    });
    await store.put('poisoned', [sound('a'), damage]);
    const found = await poisonedSignals(store);
    expect(found.map((each) => each.signal.uuid)).toEqual(['a']);
    await setAside(store, store, { ...found[0]!, signal: { ...found[0]!.signal, uuid: 'b' } });
    await expect(requeuePoisoned(store, store, 10)).resolves.toEqual({ retried: 2, left: 0 });
    await store.close();
  },
);
