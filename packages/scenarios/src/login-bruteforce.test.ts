import { describe, expect, it } from 'vitest';
import { answered, feed, observed, times } from '../test/feed.js';
import { loginBruteforce } from './login-bruteforce.js';

const failures = (count: number, everySeconds: number, ip?: string) =>
  times(count, (i) => observed('app:login-failed', { user: 'alice' }, { second: i * everySeconds, ...(ip && { ip }) }));
const scenario = () => loginBruteforce({ vendor: 'acme' });

describe('login brute force', () => {
  it('is told and banned by the eleventh failure at once', async () => {
    expect(await feed(scenario(), failures(10, 1))).toEqual([]);
    expect(await feed(scenario(), failures(11, 1))).toEqual([
      {
        scenario: 'acme/login-bruteforce',
        signal: 'decision',
        decision: { type: 'ban', duration: '4h' },
        eventCount: 11,
        startAt: Date.UTC(2026, 0, 1),
      },
    ]);
  });

  it('is found when it is slow, if not slower than a failure a minute', async () => {
    expect(await feed(scenario(), failures(60, 45))).not.toEqual([]);
    expect(await feed(scenario(), failures(600, 60))).toEqual([]);
  });

  it('is not what a person does who mistypes a password five times, nor an office of such', async () => {
    expect(await feed(scenario(), failures(5, 20))).toEqual([]);
    const office = times(25, (i) => observed('app:login-failed', { user: `user-${i}` }, { second: i * 72 }));
    expect(await feed(scenario(), office)).toEqual([]);
  });

  it('is not an office behind one address whose people mistype in the same minutes', async () => {
    const office = times(30, (i) => observed('app:login-failed', { user: `user-${i % 15}` }, { second: i * 4 }));
    expect(await feed(scenario(), office)).toEqual([]);
  });

  it('is found when it tries a few users in turn', async () => {
    const inTurn = (count: number) => times(count, (i) => observed('app:login-failed', { user: `user-${i % 5}` }));
    expect(await feed(scenario(), inTurn(30))).toEqual([]);
    expect(await feed(scenario(), inTurn(31))).toMatchObject([{ signal: 'decision', eventCount: 31 }]);
    const strict = loginBruteforce({ vendor: 'acme', together: { capacity: 3 } });
    expect(await feed(strict, inTurn(4))).toHaveLength(1);
  });

  it('is not an application in a browser whose session has ended, with three tabs that try again', async () => {
    const refresh = loginBruteforce({ vendor: 'acme', paths: ['/api/token'] });
    const tabs = times(9, (i) => answered('/api/token', 401, { method: 'POST', second: Math.floor(i / 3) * 10 }));
    const polling = times(200, (i) => answered('/api/me', 401, { second: i }));
    expect(await feed(refresh, [...tabs, ...polling])).toEqual([]);
  });

  it('is that of one address, or of one /64', async () => {
    const many = times(50, (i) => observed('app:login-failed', {}, { ip: `198.51.100.${i}` }));
    expect(await feed(scenario(), many)).toEqual([]);
    const hopping = times(11, (i) => observed('app:login-failed', {}, { ip: `2001:db8:0:1::${i.toString(16)}` }));
    expect(await feed(scenario(), hopping)).toHaveLength(1);
  });

  describe('by answers', () => {
    const byPath = () => loginBruteforce({ vendor: 'acme', paths: ['/login'] });

    it('counts refused posts to the paths of logins, in any spelling', async () => {
      const posts = times(11, (i) => answered(i % 2 ? '/login' : '/Login/', i % 2 ? 401 : 403, { method: 'POST' }));
      expect(await feed(byPath(), posts)).toHaveLength(1);
    });

    it.each([
      ['other paths', () => answered('/search', 401, { method: 'POST' })],
      ['pages that are asked for', () => answered('/login', 401)],
      ['logins that succeed', () => answered('/login', 302, { method: 'POST' })],
      ['logins that never got there', () => answered('/login', 403, { method: 'POST', action: 'block' as const })],
    ])('does not count %s', async (_, event) => {
      expect(await feed(byPath(), times(100, event))).toEqual([]);
    });

    it('counts the statuses that it is told to', async () => {
      const own = loginBruteforce({ vendor: 'acme', paths: ['/login'], statuses: [422], capacity: 1 });
      expect(
        await feed(
          own,
          times(3, () => answered('/login', 401, { method: 'POST' })),
        ),
      ).toEqual([]);
      expect(
        await feed(
          own,
          times(2, () => answered('/login', 422, { method: 'POST' })),
        ),
      ).toHaveLength(1);
    });

    it('asks for no answers without paths', () => {
      expect(scenario().detectors?.[0]?.on).toEqual(['app:login-failed']);
    });
  });
});
