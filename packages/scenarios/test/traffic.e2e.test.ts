import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scenarios, type ScenarioName } from '../src/index.js';
import { startSite, type Reported, type Site, type Visit } from './site.js';

const ATTACKER = '203.0.113.66';
const INNOCENT = '198.51.100.7';

/** What a visitor does, one request after the other. */
type Traffic = readonly (readonly [path: string, visit?: Visit])[];

interface Case {
  readonly scenario: ScenarioName;
  readonly attack: Traffic;
  readonly innocent: Traffic;
  /** How often CAPI is told, and with which decisions; one signal with a ban if nothing else is said. */
  readonly told?: readonly (readonly string[])[];
  /** Whether the very first request of the attack is refused. */
  readonly refusesAtOnce?: boolean;
}

const post = (path: string, facts: Visit['facts'] = {}): readonly [string, Visit] => [path, { method: 'POST', facts }];
const times = (length: number, make: (i: number) => Traffic[number]): Traffic =>
  Array.from({ length }, (_, i) => make(i));
const page: Traffic[number] = ['/'];
/** Long enough for a busy machine. */
const inTime = { timeout: 20_000 };

const CASES: readonly Case[] = [
  {
    scenario: 'login-bruteforce',
    attack: times(11, () => post('/login', { user: 'alice' })),
    innocent: [...times(5, () => post('/login', { user: 'alice' })), page],
  },
  {
    scenario: 'credential-stuffing',
    attack: times(21, (i) => post('/login', { user: `user-${i}` })),
    innocent: times(40, (i) => post('/login', { user: `user-${i % 10}` })),
  },
  {
    scenario: 'http-404',
    attack: times(85, (i) => [`/missing-${i}.php`]),
    innocent: [page, ...times(60, (i): Traffic[number] => [`/image-${i % 30}.png`])],
    told: [[], ['ban']],
  },
  {
    scenario: 'backdoor-paths',
    attack: [['/cgi-bin/.%2e/.%2e/.%2e/bin/sh']],
    innocent: [['/c99.php'], ['/c99.php'], ['/index.php'], ['/admin']],
  },
  {
    scenario: 'sensitive-files',
    attack: [[`/${'./'.repeat(1_001)}%2eENV`]],
    innocent: [['/.well-known/security.txt'], ['/environment'], ['/backup'], page],
    refusesAtOnce: true,
  },
  {
    scenario: 'bad-user-agent',
    attack: times(12, (i) => [`/?id=${i}`, { userAgent: 'sqlmap/1.8#stable (https://sqlmap.org)' }]),
    innocent: times(40, () => ['/', { userAgent: 'curl/8.9.1' }]),
    told: [[], ['ban']],
  },
  {
    scenario: 'contact-spam',
    attack: times(5, () => post('/contact', { digest: 'cheap-watches' })),
    innocent: times(6, (i) => post('/contact', { digest: i < 3 ? 'pressed-twice' : `message-${i}` })),
  },
  {
    scenario: 'card-testing',
    attack: times(5, (i) => post('/pay', { card: `hash-${i}` })),
    innocent: [...times(4, () => post('/pay', { card: 'mine' })), post('/pay', { card: 'of-my-wife' })],
  },
];

const send = async (site: Site, visitor: string, traffic: Traffic): Promise<number[]> => {
  const statuses: number[] = [];
  for (const [path, visit] of traffic) statuses.push(await site.visit(visitor, path, visit));
  return statuses;
};

describe.each(CASES)('traffic: $scenario', ({ scenario, attack, innocent, ...rest }) => {
  const { told = [['ban']], refusesAtOnce = false } = rest;
  let site: Site;
  beforeEach(async () => {
    site = await startSite(scenarios({ vendor: 'acme', only: [scenario] }));
  });
  afterEach(() => site.stop());

  it('reports an attacker, who is refused from then on, and nobody else', async () => {
    const statuses = await send(site, ATTACKER, attack);
    expect(statuses[0] === 403).toBe(refusesAtOnce);
    await expect.poll(() => site.visit(ATTACKER, '/'), inTime).toBe(403);
    expect(await site.visit(INNOCENT, '/')).toBe(200);
    const expected: Reported[] = told.map((decisions) => ({ ip: ATTACKER, scenario: `acme/${scenario}`, decisions }));
    expect(await site.reported()).toEqual(expected);
  });

  it('leaves an innocent visitor alone', async () => {
    const statuses = await send(site, INNOCENT, innocent);
    // Events are shown in order: when the probe of another is found, all of these have been shown.
    await send(site, ATTACKER, attack);
    await expect.poll(() => site.detections, inTime).not.toEqual([]);
    expect(statuses).not.toContain(403);
    expect(site.detections.filter(({ ip }) => ip === INNOCENT)).toEqual([]);
    expect(await site.visit(INNOCENT, '/')).toBe(200);
  });
});

describe('traffic: all scenarios together', () => {
  it('refuse every attacker in the end, and nobody who has a bad day', async () => {
    const site = await startSite(scenarios({ vendor: 'acme' }));
    const badDay: Traffic = [
      page,
      ...times(25, (i): Traffic[number] => [`/image-${i}.png`]),
      ...times(5, () => post('/login', { user: 'alice' })),
      ...times(3, () => post('/contact', { digest: 'help' })),
      ...times(4, (i) => post('/pay', { card: i < 3 ? 'mine' : 'of-my-wife' })),
    ];
    expect(await send(site, INNOCENT, badDay)).not.toContain(403);
    for (const [i, { attack }] of CASES.entries()) {
      const attacker = `203.0.113.${i + 1}`;
      await send(site, attacker, attack);
      await expect.poll(() => site.visit(attacker, '/'), inTime).toBe(403);
    }
    expect(site.detections.filter(({ ip }) => ip === INNOCENT)).toEqual([]);
    expect(await site.visit(INNOCENT, '/')).toBe(200);
    await site.stop();
  });
});
