import Keyv from 'keyv';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../clock.js';
import { silentLogger } from '../logger.js';
import type { KeyvLike } from './keyv-like.js';
import { FileStorage } from './file-storage.js';
import { openStore, type OpenStoreOptions } from './open-store.js';
import type { Store } from './store.js';

describe('opening the store', () => {
  let folder: string;
  let warnings: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crowdsec-open-'));
    warnings = [];
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  const open = (options: Partial<OpenStoreOptions>): Store => {
    const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
    return openStore({ namespace: 'shop', apiRoot: 'https://a.example', clock: systemClock, logger, ...options });
  };

  it('takes files in the XDG state folder by default', async () => {
    vi.stubEnv('XDG_STATE_HOME', folder);
    const store = open({});
    await store.put('token', 1);
    expect(await readdir(folder)).toEqual(['crowdsec-sdk']);
    expect(store).toMatchObject({ durable: true, shared: true, crashSafe: true });
    expect(warnings).toEqual([]);
  });

  it('takes files in ~/.local/state where no such folder is set', () => {
    vi.stubEnv('XDG_STATE_HOME', '');
    vi.stubEnv('HOME', folder);
    expect(open({}).description).toContain(`files in ${join(folder, '.local', 'state', 'crowdsec-sdk')}`);
  });

  it.each(['', 'relative'])('asks for stateDir when HOME names no folder: "%s"', (home) => {
    vi.stubEnv('XDG_STATE_HOME', '');
    vi.stubEnv('HOME', home);
    expect(() => open({})).toThrow(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path: 'options.stateDir' }),
    );
    expect(open({ stateDir: folder }).description).toContain(folder);
    expect(open({ ephemeral: true }).description).toBe('memory');
  });

  // Only root may become a user that the system does not know.
  it.skipIf(process.getuid?.() !== 0)(
    'asks for stateDir when the user has neither HOME nor an entry of its own',
    () => {
      vi.stubEnv('XDG_STATE_HOME', undefined);
      vi.stubEnv('HOME', undefined);
      process.seteuid?.(54_321);
      try {
        expect(() => homedir()).toThrow();
        expect(() => open({})).toThrow(
          expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path: 'options.stateDir' }),
        );
      } finally {
        process.seteuid?.(0);
      }
    },
  );

  it('takes memory when told that nothing need last, unless a folder is given', () => {
    expect(open({ ephemeral: true })).toMatchObject({
      description: 'memory',
      durable: false,
      shared: false,
      crashSafe: false,
    });
    expect(open({ ephemeral: true, stateDir: folder })).toMatchObject({ durable: true });
    expect(warnings).toEqual([]);
  });

  it('says once what a Keyv in memory and a plain Keyv cannot do', () => {
    expect(open({ store: new Keyv() })).toMatchObject({ durable: false, shared: false, crashSafe: false });
    expect(warnings).toEqual([expect.stringContaining('nothing in it outlives the process')]);
    expect(open({ store: new Keyv({ store: new FileStorage(folder) }) })).toMatchObject({
      durable: true,
      shared: false,
    });
    expect(warnings).toHaveLength(2);
  });

  it.each([
    ['a Map', new Map()],
    ['a storage adapter', new FileStorage('/nowhere')],
    ['a string', 'localhost:6379'],
    ['the URL of something else', 'postgres://localhost'],
    ['null', null],
  ])('refuses %s in the place of a Keyv', (_, store) => {
    expect(() => open({ store: store as unknown as KeyvLike })).toThrow(
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path: 'store' }) as Error,
    );
  });

  it('keeps values beyond the time that the Keyv gives its own', async () => {
    const keyv = new Keyv({ ttl: 1 });
    const store = open({ store: keyv });
    await store.put('credentials', 'kept');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await store.get('credentials')).toBe('kept');
  });

  describe('with a Keyv that fails', () => {
    const unavailable = { code: 'CROWDSEC_STORE_UNAVAILABLE' };
    const failing = (fail: () => unknown): Keyv =>
      new Keyv({ store: { get: fail, set: fail, delete: fail, clear: fail, opts: {} } });

    it.each([
      ['throws', () => Promise.reject(new Error('no connection'))],
      ['hangs', () => new Promise(() => undefined)],
    ])('rejects when its adapter %s', async (_, fail) => {
      const store = open({ store: failing(fail), deadlineMs: 50 });
      await expect(store.get('credentials')).rejects.toMatchObject(unavailable);
      await expect(store.put('credentials', 1)).rejects.toMatchObject(unavailable);
      await expect(store.delete('credentials')).rejects.toMatchObject(unavailable);
      await expect(store.getBlob('decisions')).rejects.toMatchObject(unavailable);
      await expect(store.putBlob('decisions', { head: 1, chunks: [new Uint8Array(1)] })).rejects.toMatchObject(
        unavailable,
      );
    });

    it('rejects when its adapter only emits an error', async () => {
      const keyv: Keyv = failing(() => {
        keyv.emit('error', new Error('no connection'));
        return Promise.resolve(undefined);
      });
      const store = open({ store: keyv });
      await expect(store.get('credentials')).rejects.toMatchObject(unavailable);
      await expect(store.put('credentials', 1)).rejects.toThrow(/no connection/);
      expect(warnings.filter((line) => line.includes('no connection'))).toHaveLength(1);
    });

    it('rejects when its adapter refuses a value', async () => {
      await expect(open({ store: failing(() => Promise.resolve(false)) }).put('token', 1)).rejects.toMatchObject(
        unavailable,
      );
    });
  });
});
