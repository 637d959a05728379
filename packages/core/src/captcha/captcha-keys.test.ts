import Keyv from 'keyv';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { silentLogger } from '../logger.js';
import { openStore } from '../store/open-store.js';
import type { Store } from '../store/store.js';
import { manualTime } from '../testing/manual-time.js';
import { CaptchaKeys, KEY_LIFETIME_MS } from './captcha-keys.js';

const HOUR_MS = 3_600_000;

describe('the keys of an installation', () => {
  it('are one for all processes that start at once', async () => {
    const { keysOf } = processes();
    const all = [keysOf(), keysOf(), keysOf(), keysOf()];
    const ids = await Promise.all(all.map(async (keys) => (await keys.current()).id));
    expect(new Set(ids).size).toBe(1);
  });

  it('sign alike in all processes, and otherwise for another purpose', async () => {
    const { keysOf } = processes();
    const [one, other] = [await keysOf().current(), await keysOf().current()];
    expect(one.sign('pass', 'x')).toEqual(other.sign('pass', 'x'));
    expect(one.sign('pass', 'x')).not.toEqual(one.sign('altcha', 'x'));
    expect(one.sign('pass', 'x')).not.toEqual((await processes().keysOf().current()).sign('pass', 'x'));
  });

  it('are known after a restart', async () => {
    const { keysOf } = processes();
    const { id } = await keysOf().current();
    const later = keysOf();
    expect(later.known(id)).toBeUndefined();
    expect((await later.find(id))?.id).toBe(id);
  });

  it('are known without the store when they were preloaded', async () => {
    const { keysOf, store } = processes();
    const later = keysOf();
    await later.preload();
    expect((await store.read('captcha-keys', (value) => value)).state).toBe('absent');
    const { id } = await keysOf().current();
    await later.preload();
    expect(later.known(id)?.id).toBe(id);
    vi.spyOn(store, 'read').mockRejectedValue(new Error('gone'));
    await expect(later.preload()).rejects.toThrow('gone');
    expect((await later.find(id))?.id).toBe(id);
  });

  it('are renewed each day; the old one is known for as long as what it has signed is good', async () => {
    const { keysOf, time } = processes();
    const keys = keysOf();
    const first = await keys.current();
    await time.advance(KEY_LIFETIME_MS - 1);
    expect((await keys.current()).id).toBe(first.id);
    await time.advance(60_000);
    const second = await keys.current();
    expect(second.id).not.toBe(first.id);
    expect(keys.known(first.id)).toBeDefined();
    expect((await keysOf().find(first.id))?.id).toBe(first.id);

    await time.advance(HOUR_MS);
    await keys.current();
    expect(keys.known(first.id)).toBeUndefined();
    expect(await keysOf().find(first.id)).toBeUndefined();
    expect((await keysOf().current()).id).toBe(second.id);
  });

  it('are learned of when another process renewed them', async () => {
    const { keysOf, time } = processes();
    const [one, other] = [keysOf(), keysOf()];
    await one.current();
    await other.current();
    await time.advance(KEY_LIFETIME_MS);
    const { id } = await one.current();
    expect(other.known(id)).toBeUndefined();
    expect(await other.find(id)).toMatchObject({ id });
  });

  it('are not asked for at each unknown id', async () => {
    const { keysOf, store } = processes();
    const keys = keysOf();
    await keys.current();
    const read = vi.spyOn(store, 'read');
    for (let i = 0; i < 100; i++) await keys.find(`unknown${i}`);
    expect(read).toHaveBeenCalledTimes(0);
  });

  it('are kept while the store is away, and given to it when it is back and empty', async () => {
    const { keysOf, store, time } = processes();
    const warn = vi.fn();
    const read = vi.spyOn(store, 'read').mockRejectedValue(new Error('gone'));
    const keys = keysOf(warn);
    const own = await keys.current();
    await time.advance(HOUR_MS);
    expect((await keys.current()).id).toBe(own.id);
    expect(warn).toHaveBeenCalledTimes(1);
    read.mockRestore();
    await time.advance(HOUR_MS);
    expect((await keys.current()).id).toBe(own.id);
    expect((await keysOf().find(own.id))?.id).toBe(own.id);
  });

  it.each([null, 'text', { keys: 'none' }, { keys: [{ id: 'x', secret: '', createdAt: 'now' }] }])(
    'are made anew where the store holds no keys: %j',
    async (damaged) => {
      const { keysOf, store } = processes();
      await store.put('captcha-keys', damaged);
      const { id } = await keysOf().current();
      expect((await keysOf().find(id))?.id).toBe(id);
    },
  );

  it('are made anew when the clock of their maker was days ahead', async () => {
    const { keysOf, time } = processes();
    time.jump(9 * KEY_LIFETIME_MS);
    const { id } = await keysOf().current();
    time.jump(-9 * KEY_LIFETIME_MS);
    const made = await keysOf().current();
    expect(made).toMatchObject({ createdAt: time.clock.now() });
    expect((await keysOf().find(id))?.id).toBe(id);
    await time.advance(HOUR_MS - 1);
    expect((await keysOf().current()).id).toBe(made.id);
    await time.advance(1);
    expect((await keysOf().current()).id).toBe(made.id);
    expect(await keysOf().find(id)).toBeUndefined();
  });
});

function processes(): {
  readonly store: Store;
  readonly time: ReturnType<typeof manualTime>;
  readonly keysOf: (warn?: (message: string) => void) => CaptchaKeys;
} {
  const time = manualTime();
  const { clock } = time;
  const options = { namespace: 'shop', apiRoot: 'https://api.crowdsec.net', clock, logger: silentLogger };
  const store = openStore({ ...options, store: new Keyv() });
  onTestFinished(() => store.close());
  const keysOf = (warn: (message: string) => void = () => undefined): CaptchaKeys =>
    new CaptchaKeys({ store, clock, logger: { ...silentLogger, warn }, keepMs: HOUR_MS });
  return { store, time, keysOf };
}
