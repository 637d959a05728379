import { SchedulerRegistry } from '@nestjs/schedule';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RegistryScheduler } from './registry-scheduler.js';

describe('RegistryScheduler', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  const registry = new SchedulerRegistry();
  const scheduler = new RegistryScheduler(() => registry);

  it('shows a job until it runs', () => {
    const run = vi.fn();
    scheduler.schedule('crowdsec:refresh', 1000, run);
    expect(registry.getTimeouts()).toEqual(['crowdsec:refresh']);
    vi.advanceTimersByTime(1000);
    expect(run).toHaveBeenCalledOnce();
    expect(registry.getTimeouts()).toEqual([]);
  });

  it('lets a job schedule its successor', () => {
    const run = vi.fn(() => void scheduler.schedule('crowdsec:refresh', 1000, () => undefined));
    scheduler.schedule('crowdsec:refresh', 1000, run);
    vi.advanceTimersByTime(1000);
    expect(registry.getTimeouts()).toEqual(['crowdsec:refresh']);
    vi.advanceTimersByTime(1000);
  });

  it('calls a job off', () => {
    const run = vi.fn();
    scheduler.schedule('crowdsec:signals', 1000, run)[Symbol.dispose]();
    expect(registry.getTimeouts()).toEqual([]);
    vi.advanceTimersByTime(5000);
    expect(run).not.toHaveBeenCalled();
  });

  it('runs both of two jobs of one name, and never takes one for the other', () => {
    const [first, second] = [vi.fn(), vi.fn()];
    scheduler.schedule('crowdsec:signals', 1000, first);
    const handle = scheduler.schedule('crowdsec:signals', 2000, second);
    vi.advanceTimersByTime(1000);
    expect(first).toHaveBeenCalledOnce();
    scheduler.schedule('crowdsec:signals', 9000, () => undefined)[Symbol.dispose]();
    vi.advanceTimersByTime(1000);
    expect(second).toHaveBeenCalledOnce();
    handle[Symbol.dispose]();
  });

  it('withdraws its jobs from a registry that is about to be cleared, and still runs them', () => {
    const own = new RegistryScheduler(() => registry);
    const [kept, off] = [vi.fn(), vi.fn()];
    own.schedule('crowdsec:lease', 1000, kept);
    const handle = own.schedule('crowdsec:refresh', 1000, off);
    vi.advanceTimersByTime(400);
    own.withdraw();
    expect(registry.getTimeouts()).toEqual([]);
    handle[Symbol.dispose]();
    vi.advanceTimersByTime(599);
    expect(kept).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(kept).toHaveBeenCalledOnce();
    expect(off).not.toHaveBeenCalled();
  });

  it('waits longer than a timer of Node can', () => {
    const run = vi.fn();
    const month = 31 * 24 * 3_600_000;
    scheduler.schedule('crowdsec:refresh', month, run);
    vi.advanceTimersByTime(month - 1);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledOnce();
  });
});
