import { describe, expect, it } from 'vitest';
import { feed, observed, times } from '../test/feed.js';
import { credentialStuffing } from './credential-stuffing.js';

const scenario = () => credentialStuffing({ vendor: 'acme' });
const failures = (users: number, everySeconds: number) =>
  times(users, (i) => observed('app:login-failed', { user: `user-${i}` }, { second: i * everySeconds }));

describe('credential stuffing', () => {
  it('is many users from one address, even slowly', async () => {
    const found = { scenario: 'acme/credential-stuffing', signal: 'decision', eventCount: 21 };
    expect(await feed(scenario(), failures(21, 1))).toMatchObject([found]);
    expect(await feed(scenario(), failures(60, 100))).not.toEqual([]);
  });

  it('is not what an office mistypes in the morning', async () => {
    expect(await feed(scenario(), failures(25, 72))).toEqual([]);
  });

  it('is not one user again and again, however the name is written', async () => {
    const alice = times(500, (i) => observed('app:login-failed', { user: i % 2 ? 'Alice' : 'alice' }));
    expect(await feed(scenario(), alice)).toEqual([]);
  });

  it('needs to know the user', async () => {
    expect(
      await feed(
        scenario(),
        times(500, () => observed('app:login-failed')),
      ),
    ).toEqual([]);
  });
});
