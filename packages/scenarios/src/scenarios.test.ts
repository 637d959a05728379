import { describe, expect, it } from 'vitest';
import type { BucketOptions, ExtensionContext, Pour } from '@crowdsec-sdk/core/extension';
import { feed, observed, requested, times } from '../test/feed.js';
import { loginBruteforce, scenarios, type ScenariosOptions } from './index.js';

const invalid = (path: string) => expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }) as Error;

describe('all scenarios', () => {
  it('are told under the own vendor, by names that CrowdSec takes', () => {
    const all = scenarios({ vendor: 'acme' });
    expect(all.flatMap(({ scenarios: names }) => names)).toEqual([
      'acme/login-bruteforce',
      'acme/credential-stuffing',
      'acme/http-404',
      'acme/backdoor-paths',
      'acme/sensitive-files',
      'acme/bad-user-agent',
      'acme/contact-spam',
      'acme/card-testing',
    ]);
    for (const { behavior } of all) expect(behavior).toMatch(/^(http|ecommerce):[a-z]+$/);
  });

  it.each(['', 'Acme', 'acme/x', '-acme', 'acme ', 'a'.repeat(41), undefined])('refuse the vendor %j', (vendor) => {
    expect(() => scenarios({ vendor: vendor! })).toThrow(invalid('options.vendor'));
  });

  it('are those that are wanted', () => {
    const named = (options: Partial<ScenariosOptions>): string[] =>
      scenarios({ vendor: 'acme', ...options }).map(({ name }) => name);
    expect(named({ only: ['http-404', 'contact-spam'] })).toEqual(['acme.http-404', 'acme.contact-spam']);
    expect(named({ only: ['http-404', 'contact-spam'], except: ['http-404'] })).toEqual(['acme.contact-spam']);
    expect(named({ except: ['card-testing'] })).toHaveLength(7);
    expect(() => named({ except: ['http-404', 'toString' as 'http-404'] })).toThrow(invalid('options.except[1]'));
  });

  it.each<[Partial<ScenariosOptions>, string]>([
    [{ duration: 'four hours' }, 'options.duration'],
    [{ loginBruteforce: { capacity: -1 } }, 'options.capacity'],
    [{ cardTesting: { cards: { leakspeed: '0s' } } }, 'options.cards.leakspeed'],
    [{ http404: { whisper: { blackhole: 'x' } } }, 'options.whisper.blackhole'],
  ])('refuse wrong options when they are made: %j', (options, path) => {
    expect(() => scenarios({ vendor: 'acme', ...options })).toThrow(invalid(path));
  });

  it('take what all are told, and what one is told before that', async () => {
    const all = scenarios({
      vendor: 'acme',
      duration: '1h',
      dryRun: true,
      capPerHour: 5,
      sensitiveFiles: { duration: '30m', dryRun: false, capPerHour: undefined },
    });
    const [login, files] = [all[0]!, all[4]!];
    expect(login.detectors?.[0]).toMatchObject({ dryRun: true, capPerHour: 5 });
    expect(files.detectors?.[0]).toMatchObject({ dryRun: false, capPerHour: 5 });
    expect(await feed(files, [requested('/.env')])).toMatchObject([{ decision: { duration: '30m' } }]);
    const failures = times(11, () => observed('app:login-failed'));
    expect(await feed(login, failures)).toMatchObject([{ decision: { duration: '1h' } }]);
  });

  it('count in the store where asked, but for the one that refuses at once', async () => {
    const shared: BucketOptions[] = [];
    const poured: Pour[] = [];
    const context = {
      sharedBuckets(options: BucketOptions) {
        shared.push(options);
        return { pour: async (pour: Pour) => (poured.push(pour) === 2 ? { eventCount: 2, startAt: 7 } : undefined) };
      },
    } as unknown as ExtensionContext;
    const all = scenarios({ vendor: 'acme', shared: true });
    const alone = all.filter(({ activate }) => activate === undefined);
    expect(alone.map(({ name }) => name)).toEqual(['acme.sensitive-files']);

    const login = loginBruteforce({ vendor: 'acme', shared: true, capacity: 3 });
    await login.activate?.(context);
    expect(shared).toMatchObject([
      { capacity: 3, leakspeed: '1m' },
      { capacity: 9, leakspeed: '20s' },
    ]);
    const outcomes = await feed(
      login,
      times(3, () => observed('app:login-failed', {}, { ip: '2001:db8::1' })),
    );
    expect(outcomes).toMatchObject([{ scenario: 'acme/login-bruteforce', eventCount: 2, startAt: 7 }]);
    expect(poured[0]).toEqual({ group: 'failures 20010db8:0', at: Date.UTC(2026, 0, 1) });
  });
});
