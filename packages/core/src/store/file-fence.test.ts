import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Deadline } from '../deadline.js';
import { manualTime } from '../testing/manual-time.js';
import { FileLeases } from './file-leases.js';
import { FileStorage } from './file-storage.js';

const deadline: Deadline = { signal: new AbortController().signal, extend: () => undefined };

describe('a fenced write to a file', () => {
  let folder: string;
  let values: FileStorage;
  let leases: FileLeases;
  const { clock } = manualTime();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crowdsec-fence-'));
    values = new FileStorage(join(folder, 'values'));
    leases = new FileLeases(join(folder, 'leases'), clock, [values]);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('replaces the value while its lease is held, and leaves no temporary file', async () => {
    expect(await values.setFenced('credentials', 'mine', { lease: 'identity', holds: async () => true })).toBe(true);
    expect([await values.get('credentials'), await readdir(join(folder, 'values'))]).toEqual([
      'mine',
      ['credentials.json'],
    ]);
  });

  it('does nothing when its lease was lost', async () => {
    await values.set('credentials', 'theirs');
    expect(await values.setFenced('credentials', 'mine', { lease: 'identity', holds: async () => false })).toBe(false);
    expect(await values.get('credentials')).toBe('theirs');
  });

  it('that is frozen after it has looked at its lease does nothing when it goes on under the next holder', async () => {
    const late = values.setFenced('credentials', 'mine, from before', {
      lease: 'identity',
      holds: async () => {
        // The process stands still here, between the look at the lease and the rename, while another one goes on.
        await leases.take('identity', 'next holder', 20_000, deadline);
        await values.set('credentials', 'theirs');
        return true;
      },
    });
    expect(await late).toBe(false);
    expect(await values.get('credentials')).toBe('theirs');
  });

  it('is left alone by whoever takes another lease', async () => {
    const write = values.setFenced('credentials', 'mine', {
      lease: 'identity',
      holds: async () => (await leases.take('signals', 'somebody', 20_000, deadline)) !== undefined,
    });
    expect(await write).toBe(true);
  });
});
