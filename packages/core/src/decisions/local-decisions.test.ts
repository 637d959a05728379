import { describe, expect, it } from 'vitest';
import { readAddress } from '../ip/parse.js';
import { manualTime } from '../testing/manual-time.js';
import { LocalDecisions, type LocalDecision } from './local-decisions.js';

const ban = (value: string, durationMs = 60_000, type = 'ban') => ({ value, type, durationMs, scenario: 'a/b' });

describe('LocalDecisions', () => {
  it('holds addresses and ranges, in any spelling, until they end', async () => {
    const { local, time, find } = setUp();
    local.add(ban('1.2.3.4'), time.clock.now());
    local.add(ban('2001:DB8::1/33'), time.clock.now());
    expect(find('::ffff:1.2.3.4')).toBe('1.2.3.4');
    expect(find('2001:db8:7fff::')).toBe('2001:db8::/33');
    expect(find('1.2.3.5')).toBeUndefined();
    expect(find('2001:db8:8000::')).toBeUndefined();
    await time.advance(59_999);
    expect(find('1.2.3.4')).toBe('1.2.3.4');
    await time.advance(1);
    expect(find('1.2.3.4')).toBeUndefined();
  });

  it('finds the best rank, and of equals the narrowest', () => {
    const { local, time, find } = setUp();
    local.add(ban('0.0.0.0/0'), time.clock.now());
    local.add(ban('1.2.3.0/24'), time.clock.now());
    local.add(ban('1.2.3.4', 60_000, 'captcha'), time.clock.now());
    expect(find('1.2.3.4')).toBe('1.2.3.0/24');
    expect(find('9.9.9.9')).toBe('0.0.0.0/0');
  });

  it('forgets what is lifted, and says so to other processes until it would have ended', () => {
    const { local, time, find } = setUp();
    const other = new LocalDecisions();
    const decided = local.add(ban('1.2.3.4'), time.clock.now());
    time.jump(1000);
    expect(local.remove('::ffff:1.2.3.4', time.clock.now())).toMatchObject({ lifted: true });
    expect(local.remove('1.2.3.4', time.clock.now())).toBeUndefined();
    expect(find('1.2.3.4')).toBeUndefined();
    other.merge([decided], time.clock.now());
    other.merge(local.entries(time.clock.now()), time.clock.now());
    other.merge([decided], time.clock.now());
    expect(other.entries(time.clock.now())).toMatchObject([{ value: '1.2.3.4', lifted: true }]);
    time.jump(60_000);
    expect(local.entries(time.clock.now())).toEqual([]);
  });

  it('lets the last writer win', () => {
    const { local, time } = setUp();
    const first = local.add(ban('1.2.3.4'), time.clock.now());
    time.jump(1);
    local.add(ban('1.2.3.4', 5000, 'captcha'), time.clock.now());
    local.merge([first], time.clock.now());
    expect(local.entries(time.clock.now())).toMatchObject([{ type: 'captcha' }]);
  });

  it('lets go of what ends first when it is full', () => {
    const { time, local } = setUp(3);
    local.add(ban('1.1.1.1', 3000), time.clock.now());
    local.add(ban('2.2.2.2', 1000), time.clock.now());
    local.add(ban('3.3.3.3', 2000), time.clock.now());
    local.add(ban('4.4.4.4', 4000), time.clock.now());
    expect(local.entries(time.clock.now()).map(({ value }) => value)).toEqual(['1.1.1.1', '3.3.3.3', '4.4.4.4']);
  });

  it('tells of each decision in force that made room, and of nothing that was over or lifted', () => {
    const evicted: string[] = [];
    const { time, local } = setUp(2, ({ value }) => evicted.push(value));
    local.add(ban('1.1.1.1', 1000), time.clock.now());
    local.add(ban('2.2.2.2', 2000), time.clock.now());
    time.jump(1000);
    local.add(ban('3.3.3.3', 3000), time.clock.now());
    local.remove('2.2.2.2', time.clock.now());
    local.add(ban('4.4.4.4', 4000), time.clock.now());
    expect([evicted, local.evictedCount]).toEqual([[], 0]);
    local.add(ban('5.5.5.5', 5000), time.clock.now());
    expect([evicted, local.evictedCount]).toEqual([['3.3.3.3'], 1]);
  });

  it('takes a moment of writing in the future for now', () => {
    const { time, local } = setUp();
    const now = time.clock.now();
    local.merge([{ ...ban('1.2.3.4'), expiresAt: now + 60_000, updatedAt: now + 1e12, lifted: false }], now);
    time.jump(1);
    expect(local.remove('1.2.3.4', time.clock.now())).toMatchObject({ lifted: true });
    expect(local.entries(time.clock.now())).toMatchObject([{ lifted: true }]);
  });

  it('finds what it holds, and nothing else, however many came and went', () => {
    const { time, local, find } = setUp(3);
    for (let i = 0; i < 100; i++) local.add(ban(`${i}.0.0.0/8`, 1000 + i), time.clock.now());
    const found = Array.from({ length: 100 }, (_, i) => find(`${i}.1.1.1`)).filter((value) => value !== undefined);
    expect(found).toEqual(['97.0.0.0/8', '98.0.0.0/8', '99.0.0.0/8']);
  });

  it.each([
    [{ value: 'nonsense' }, 'value'],
    [{ durationMs: 0 }, 'durationMs'],
    [{ durationMs: NaN }, 'durationMs'],
  ])('refuses %j', (wrong, path) => {
    const { local } = setUp();
    const add = (): unknown => local.add({ ...ban('1.2.3.4'), ...wrong }, 0);
    expect(add).toThrow(expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }) as Error);
  });
});

function setUp(limit?: number, evicted?: (decision: LocalDecision) => void) {
  const time = manualTime();
  const local = new LocalDecisions({ ...(limit === undefined ? {} : { limit }), ...(evicted && { evicted }) });
  const rankOf = (type: string): number => ['ban', 'captcha'].indexOf(type);
  const find = (ip: string): string | undefined => local.find(readAddress(ip) as 4 | 6, rankOf, time.clock)?.value;
  return { time, local, find };
}
