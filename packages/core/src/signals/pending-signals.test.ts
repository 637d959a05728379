import { describe, expect, it } from 'vitest';
import type { SignalFacts } from './build-signal.js';
import { PendingSignals, type PendingSignal, type SignalGroup } from './pending-signals.js';

const facts = (bytes: number, value = '203.0.113.7'): SignalFacts => ({
  scenario: 'acme/x',
  scope: 'Ip',
  value,
  message: undefined,
  events: 1,
  createdAt: 0,
  startAt: 0,
  stopAt: 0,
  context: [['path', 'x'.repeat(bytes / 2)]],
  decision: undefined,
});
const decisions = (room: PendingSignals): SignalGroup => room.group('decision', 'acme/x');
const admit = (room: PendingSignals, value: string, bytes = 1_000): PendingSignal =>
  room.add(facts(bytes, value), { group: decisions(room), isRepeat: false, mergeUntil: 0 });
const wasReported = (room: PendingSignals, value: string): boolean => room.wasReported(decisions(room), value);

describe('what pending signals hold', () => {
  it('of a signal that has left is its key alone, and that is counted', () => {
    const room = new PendingSignals(10_000);
    const left = Array.from({ length: 100 }, (_, i) => admit(room, `203.0.113.${i}`, 80_000));
    expect(room.bytes).toBeGreaterThan(100 * 80_000);
    for (const waiting of left) room.remove(waiting);
    expect(decisions(room).latest.get('203.0.113.7')).toBeUndefined();
    expect(wasReported(room, '203.0.113.7')).toBe(true);
    expect(room.bytes).toBeGreaterThan(0);
    expect(room.bytes).toBeLessThan(100 * 300);
    while (room.forgetOldestKey());
    expect(room.bytes).toBe(0);
    expect(wasReported(room, '203.0.113.7')).toBe(false);
  });

  it('are as many keys as it may remember, the latest ones', () => {
    const room = new PendingSignals(3);
    for (const key of ['a', 'b', 'a', 'c', 'd']) room.remove(admit(room, key));
    expect(['a', 'b', 'c', 'd'].filter((key) => wasReported(room, key))).toEqual(['a', 'c', 'd']);
  });

  it('grows with what is merged into a signal, and shrinks with it', () => {
    const room = new PendingSignals(3);
    const waiting = admit(room, 'a', 100);
    const before = room.bytes;
    room.replaceFacts(waiting, facts(8_100));
    expect(room.bytes - before).toBe(8_000);
    expect(room.hasRoomFor(facts(8_200), waiting, before + 8_000)).toBe(false);
    expect(room.hasRoomFor(facts(100), waiting, 0)).toBe(true);
    room.remove(waiting);
    while (room.forgetOldestKey());
    expect(room.bytes).toBe(0);
  });

  it('are apart by kind and scenario, also when they have left', () => {
    const room = new PendingSignals(10);
    const groups = [
      room.group('decision', 'acme/x'),
      room.group('decision', 'acme/y'),
      room.group('whisper', 'acme/x'),
    ];
    const [first, second, third] = groups as [SignalGroup, SignalGroup, SignalGroup];
    const about = { group: first, isRepeat: false, mergeUntil: 0 };
    const waiting = room.add(facts(10), about);
    expect(groups.map(({ latest }) => latest.get('203.0.113.7'))).toEqual([waiting, undefined, undefined]);
    room.remove(waiting);
    expect(groups.map((group) => room.wasReported(group, '203.0.113.7'))).toEqual([true, false, false]);
    for (const group of [second, third]) room.add(facts(10), { ...about, group });
    expect(groups.map(({ latest }) => latest.size)).toEqual([0, 1, 1]);
    expect(room.group('whisper', 'acme/x')).toBe(third);
  });
});
