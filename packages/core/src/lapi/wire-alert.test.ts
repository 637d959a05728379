import { describe, expect, it } from 'vitest';
import type { Signal } from '../capi/wire.js';
import { buildSignal } from '../signals/build-signal.js';
import { alertOf } from './wire-alert.js';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 2, 12);
const iso = (ms: number): string => new Date(ms).toISOString();

function signal(facts: Partial<Parameters<typeof buildSignal>[0]> = {}): Signal {
  return buildSignal(
    {
      scenario: 'acme/login-bruteforce',
      scope: 'Ip',
      value: '198.51.100.7',
      message: 'ten failed logins',
      events: 10,
      createdAt: NOW,
      startAt: NOW - 30_000,
      stopAt: NOW,
      context: [['user', 'alice']],
      decision: { type: 'ban', duration: '4h' },
      ...facts,
    },
    'f3c1c1de-0000-4000-8000-000000000001',
  );
}

describe('an alert', () => {
  it('has all that LAPI requires, and lets the profiles of the operator decide', () => {
    expect(alertOf(signal(), 'profiles', { now: NOW })).toEqual({
      scenario: 'acme/login-bruteforce',
      scenario_hash: '',
      scenario_version: '',
      message: 'ten failed logins',
      events_count: 10,
      start_at: iso(NOW - 30_000),
      stop_at: iso(NOW),
      capacity: 0,
      leakspeed: '0s',
      simulated: false,
      events: [
        {
          timestamp: iso(NOW),
          meta: [
            { key: 'user', value: 'alice' },
            { key: 'report_uuid', value: 'f3c1c1de-0000-4000-8000-000000000001' },
          ],
        },
      ],
      source: { scope: 'Ip', value: '198.51.100.7', ip: '198.51.100.7' },
      remediation: true,
    });
  });

  it('of a whisper asks for nothing to be done', () => {
    for (const decisions of ['profiles', 'push'] as const) {
      const alert = alertOf(signal({ decision: undefined }), decisions, { now: NOW });
      expect(alert).toMatchObject({ remediation: false });
      expect(alert).not.toHaveProperty('decisions');
    }
  });

  it('carries the decision of the report when decisions are pushed, with the scopes in their canonical spelling', () => {
    const range = { scope: 'Range', value: '2001:db8::/32', decision: { type: 'captcha', duration: '30m' } } as const;
    expect(alertOf(signal(range), 'push', { now: NOW })).toMatchObject({
      source: { scope: 'Range', value: '2001:db8::/32', range: '2001:db8::/32' },
      decisions: [
        {
          origin: 'crowdsec',
          type: 'captcha',
          scope: 'Range',
          value: '2001:db8::/32',
          duration: '30m',
          scenario: 'acme/login-bruteforce',
        },
      ],
    });
  });

  it('that waited keeps the end of a pushed decision: five hours late, four hours are over', () => {
    const late = alertOf(signal(), 'push', { now: NOW + 5 * HOUR });
    expect(late).toMatchObject({ stop_at: iso(NOW), decisions: [{ duration: '4h' }] });
  });

  it('that waited asks the profiles for a ban from now on, and tells the true time by its start and its event', () => {
    const late = alertOf(signal(), 'profiles', { now: NOW + 5 * HOUR });
    expect(late).toMatchObject({
      start_at: iso(NOW - 30_000),
      stop_at: iso(NOW + 5 * HOUR),
      events: [{ timestamp: iso(NOW) }],
      remediation: true,
    });
  });

  it('that came within a minute tells its very times', () => {
    expect(alertOf(signal(), 'profiles', { now: NOW + 59_000 })).toMatchObject({
      stop_at: iso(NOW),
      remediation: true,
    });
  });

  it('that waited for more than a day is told, and asks for nothing: the address may be somebody else’s by now', () => {
    const late = alertOf(signal(), 'profiles', { now: NOW + 24 * HOUR + 1 });
    expect(late).toMatchObject({ stop_at: iso(NOW), remediation: false });
  });

  it('never ends in the future, which would make a ban longer', () => {
    const ahead = alertOf(signal({ startAt: NOW + HOUR, stopAt: NOW + 2 * HOUR }), 'push', { now: NOW });
    expect(ahead).toMatchObject({ start_at: iso(NOW), stop_at: iso(NOW), events: [{ timestamp: iso(NOW) }] });
  });

  it('tells all times by the clock of LAPI, by which bans end', () => {
    const alert = alertOf(signal(), 'profiles', { now: NOW, aheadMs: HOUR });
    expect(alert).toMatchObject({
      start_at: iso(NOW - 30_000 - HOUR),
      stop_at: iso(NOW - HOUR),
      events: [{ timestamp: iso(NOW - HOUR) }],
    });
  });

  it('of what an earlier version stored tells of one event, and of unreadable times as of now', () => {
    const { events_count: _, ...stored } = signal();
    const damaged = { ...stored, start_at: 'yesterday', stop_at: '' };
    expect(alertOf(damaged, 'profiles', { now: NOW })).toMatchObject({
      events_count: 1,
      start_at: iso(NOW),
      stop_at: iso(NOW),
    });
  });
});
