import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalDecisions } from '../decisions/local-decisions.js';
import { silentLogger } from '../logger.js';
import { openStore } from '../store/open-store.js';
import type { Blob, Store } from '../store/store.js';
import { manualTime, type ManualTime } from '../testing/manual-time.js';
import { LocalDecisionLog } from './local-decision-log.js';
import { LocalDecisionsSync } from './local-decisions-sync.js';
import { removeFolder } from '../../test/remove-folder.js';

const HOUR_MS = 3_600_000;

let time: ManualTime;
let folder: string;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  time = manualTime();
  folder = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  cleanUp.push(() => removeFolder(folder));
});

afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

/** A process: its decisions, their log on the common store, and how many bytes it wrote. */
function agent() {
  const { clock, scheduler } = time;
  const opened = openStore({
    stateDir: folder,
    namespace: 'shop',
    apiRoot: 'https://a.example',
    clock,
    logger: silentLogger,
  });
  cleanUp.push(() => opened.close());
  const written = { bytes: 0 };
  const count = ({ chunks }: Blob): void => void (written.bytes += chunks.reduce((sum, { length }) => sum + length, 0));
  const store: Store = {
    ...opened,
    lease: async (name, ttlMs) => {
      const lease = await opened.lease(name, ttlMs);
      return lease && { ...lease, putBlob: (key, blob) => (count(blob), lease.putBlob(key, blob)) };
    },
  };
  const local = new LocalDecisions();
  const log = new LocalDecisionLog({ store, local, clock });
  const append = async (): Promise<void> => {
    const lease = await store.lease('local-decisions', 20_000);
    await log.append(lease!);
    await lease!.release();
  };
  const ban = (value: string, durationMs = HOUR_MS): void =>
    void local.add({ value, type: 'ban', durationMs, scenario: 'acme/x' }, time.clock.now());
  const held = (): string[] =>
    local
      .entries(time.clock.now())
      .filter(({ lifted }) => !lifted)
      .map(({ value }) => value)
      .toSorted();
  const sync = new LocalDecisionsSync({ local, store, clock, scheduler, logger: silentLogger });
  return { store, local, log, append, ban, held, written, sync };
}

const ip = (i: number): string => `20.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;

describe('LocalDecisionsSync', () => {
  it('has one promise for all that the next save stores, while the store fails too', async () => {
    const one = agent();
    one.ban(ip(1));
    const first = one.sync.save();
    expect(one.sync.save()).toBe(first);
    const lease = await one.store.lease('local-decisions', 20_000);
    await time.advance(100);
    one.ban(ip(2));
    expect(one.sync.save()).not.toBe(first);
    await lease!.release();
    await time.advance(2_000);
    await first;
    expect(one.local.hasUnstored).toBe(false);
  });
});

describe('LocalDecisionLog', () => {
  it('writes what changed, not all that is held', async () => {
    const one = agent();
    for (let i = 0; i < 5_000; i++) one.ban(ip(i));
    await one.append();
    const before = one.written.bytes;
    expect(before).toBeGreaterThan(5_000 * 50);
    one.ban('1.2.3.4');
    await one.append();
    expect(one.written.bytes - before).toBeLessThan(1_000);
    const other = agent();
    await other.log.load();
    expect(other.held()).toEqual(one.held());
  });

  it('keeps processes alike, whoever writes and lifts, over many saves', async () => {
    const agents = [agent(), agent(), agent()];
    for (let i = 0; i < 90; i++) {
      const writer = agents[i % 3]!;
      time.jump(1);
      for (let n = 0; n < (i % 7) + 1; n++) writer.ban(ip(1000 * i + n));
      if (i % 4 === 3) writer.local.remove(ip(1000 * (i - 3)), time.clock.now());
      await writer.append();
    }
    const reader = agent();
    agents.push(reader);
    for (const { log } of agents) await log.load();
    for (const { held } of agents) expect(held()).toEqual(reader.held());
    expect(reader.held()).toHaveLength(Array.from({ length: 90 }, (_, i) => (i % 7) + 1).reduce((a, b) => a + b) - 22);
    const files = (await readdir(folder, { recursive: true })).filter((name) => name.includes('local-decisions'));
    expect(files.length).toBeLessThan(80);
    const rewritten = agents.reduce((sum, { written }) => sum + written.bytes, 0);
    expect(rewritten).toBeLessThan(10 * 90 * 4 * 130);
  });

  it('forgets in the store what is over', async () => {
    const one = agent();
    one.ban('1.2.3.4', 1_000);
    await one.append();
    time.jump(2_000);
    one.ban('1.2.3.5');
    await one.append();
    const other = agent();
    await other.log.load();
    expect(other.local.size).toBe(1);
  });

  it('stores again what an emptied store has lost, of all processes', async () => {
    const [one, other] = [agent(), agent()];
    one.ban('1.2.3.4');
    await one.append();
    other.ban('1.2.3.5');
    await other.append();
    await one.store.delete('local-decisions');
    await one.log.load();
    expect(one.local.hasUnstored).toBe(true);
    await one.append();
    await other.log.load();
    await other.append();
    const reader = agent();
    await reader.log.load();
    expect(reader.held()).toEqual(['1.2.3.4', '1.2.3.5']);
  });

  it.each(['', 'rubbish', '{"format":1', 'null'])('goes on when any of its files reads %j', async (damage) => {
    const one = agent();
    one.ban('1.2.3.4');
    await one.append();
    one.ban('1.2.3.5');
    await one.append();
    const names = (await readdir(folder, { recursive: true })).filter(
      (name) => /local-decisions[^/]*(json|bin)$/.test(name) && !name.includes('lease'),
    );
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      await writeFile(join(folder, name), damage).catch(() => undefined);
      const fresh = agent();
      await fresh.log.load();
      fresh.ban('1.2.3.6');
      await fresh.append();
      await one.log.load();
      await one.append();
      const reader = agent();
      await reader.log.load();
      expect(reader.held()).toEqual(['1.2.3.4', '1.2.3.5', '1.2.3.6']);
    }
  });

  it('leaves out lines that are no decision', async () => {
    const one = agent();
    one.ban('1.2.3.4');
    await one.append();
    const text = ['null', '7', '{}', '{"value":7}', '"x"', '{"value":"x","type":"ban"}'].join('\n');
    const { head } = (await one.store.getBlob('local-decisions'))!;
    const { segments } = head as { readonly segments: readonly { readonly id: string }[] };
    await one.store.putBlob(`local-decisions:${segments[0]!.id}`, { head: {}, chunks: [Buffer.from(text)] });
    const other = agent();
    await other.log.load();
    expect(other.held()).toEqual([]);
  });
});

describe('two processes that ban 8,000 each', () => {
  it('come to hold all 16,000', async () => {
    const [one, other] = [agent(), agent()];
    await one.sync.start();
    await other.sync.start();
    for (let i = 0; i < 8_000; i++) {
      one.ban(ip(i));
      other.ban(ip(100_000 + i));
    }
    const stored = Promise.all([one.sync.save(), other.sync.save()]);
    await time.advance(6_000);
    await stored;
    expect([one.local.size, other.local.size]).toEqual([16_000, 16_000]);
    await one.sync.stop();
    await other.sync.stop();
  });
});
