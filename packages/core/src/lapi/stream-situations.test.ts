import { afterEach, describe, expect, it } from 'vitest';
import { INTERVAL_MS, lapiTestEnvironment, type LapiTestEnvironment } from '../../test/lapi-test-environment.js';
import type { Crowdsec } from '../agent.js';
import { manualTime } from '../testing/manual-time.js';

/** What may come of the stream of a local API, and what must come of that here: setup and outcome are the names of the tests. */

const IP = '198.51.100.1';
/** Hours with a pull each minute, rather than every 10 s. */
const IN_MINUTES = { strideMs: 60_000 };
let environment: LapiTestEnvironment;
afterEach(() => environment.stop());

const remediationOf = (agent: Crowdsec, ip = IP): string => agent.getIpRemediation(ip).remediation;

/** Ends the decisions with these ids, as `cscli decisions delete --id` does. */
async function endById(...ids: readonly number[]): Promise<void> {
  const password = 'a-long-password';
  environment.lapi.addMachine({ machineId: 'operator', password });
  const send = async (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<Response> =>
    fetch(environment.lapi.url + path, {
      method,
      headers: { 'user-agent': 'cscli/v1.7.0', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const login = await send('POST', '/v1/watchers/login', {}, { machine_id: 'operator', password, scenarios: [] });
  const { token } = (await login.json()) as { token: string };
  for (const id of ids) {
    const ended = await send('DELETE', `/v1/decisions/${id}`, { authorization: `Bearer ${token}` });
    expect(ended.status).toBe(200);
  }
}

describe('an engine with nothing decided', () => {
  it.each(['newest', '1.4.6'] as const)(
    'of version %s makes the agent ready, with all addresses clean',
    async (engine) => {
      environment = await lapiTestEnvironment({ engine });
      const agent = await environment.agent();
      expect(agent.getIpRemediation(IP)).toEqual({ remediation: 'bypass', origin: 'clean' });
      expect(agent.health()).toMatchObject({
        status: 'ok',
        decisions: { count: 0, stale: false, lapi: { role: 'puller' } },
      });
      expect(environment.log).toEqual([]);
    },
  );

  it.each(['{"deleted":null,"new":null}', '{"new":null}', '{}', 'null', '{"deleted":[],"new":[]}'])(
    'that answers %s is an engine with nothing decided',
    async (body) => {
      environment = await lapiTestEnvironment();
      environment.lapi.faults.add({ path: '/v1/decisions/stream', body, times: 1 });
      const agent = await environment.agent();
      expect(agent.getIpRemediation(IP).origin).toBe('clean');
      await environment.pass();
      expect(environment.kinds()).toEqual(['full', 'delta']);
    },
  );
});

describe('the first pull', () => {
  it('asks for everything by exactly startup=true, and the next for what changed', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP }, { value: '203.0.113.0/24', type: 'captcha' }]);
    const agent = await environment.agent();
    expect([remediationOf(agent), remediationOf(agent, '203.0.113.9')]).toEqual(['ban', 'captcha']);
    environment.lapi.decisions.add([{ value: '2001:db8::/32' }]);
    await environment.pass();
    expect(remediationOf(agent, '2001:db8:1::1')).toBe('ban');
    expect(environment.pulls()).toEqual([{ startup: 'true', scopes: 'ip,range' }, { scopes: 'ip,range' }]);
  });

  it('asks for countries and networks where the agent knows where addresses are, and only there', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([
      { value: 'KP', scope: 'Country' },
      { value: '64496', scope: 'AS', type: 'captcha' },
    ]);
    const geo = (ip: string): { country?: string; asn?: number } => (ip === IP ? { country: 'KP' } : { asn: 64_496 });
    const agent = await environment.agent({ geo });
    expect(environment.pulls()[0]).toEqual({ startup: 'true', scopes: 'ip,range,country,as' });
    expect([remediationOf(agent), remediationOf(agent, '192.0.2.1')]).toEqual(['ban', 'captcha']);
    environment.lapi.decisions.delete(['KP']);
    await environment.pass();
    expect(remediationOf(agent)).toBe('bypass');
  });

  it('that fails since LAPI is not up yet leaves the application serving, and is tried again, still with startup=true', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP }]);
    const fault = environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'before', times: Infinity });
    const agent = await environment.agent();
    expect(agent.getIpRemediation(IP).origin).toBe('unavailable');
    expect(agent.bouncer.inspect({ method: 'GET', path: '/', headers: {}, remoteAddress: IP }).action).toBe('pass');
    expect(agent.health()).toMatchObject({ status: 'unavailable' });
    await environment.pass(2);
    fault[Symbol.dispose]();
    await environment.pass(6);
    expect(remediationOf(agent)).toBe('ban');
    const answered = environment.lapi.calls.filter(({ cut }) => cut === undefined);
    expect(answered[0]?.query.startup).toBe('true');
    expect(environment.log.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  it('blocks nobody while it is away, unless the application asked for that', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.faults.add({ path: '/v1/decisions/stream', status: 503, times: Infinity });
    const [open, closed] = [await environment.agent(), await environment.agent({ onUnavailable: 'block' })];
    const facts = { method: 'GET', path: '/', headers: {}, remoteAddress: IP };
    expect([open.bouncer.inspect(facts).action, closed.bouncer.inspect(facts).action]).toEqual(['pass', 'block']);
  });
});

describe('an answer that is not read to its end', () => {
  it.each(['within', 'after'] as const)(
    '(cut %s) changes nothing; the next pull asks for everything, and mends what was lost',
    async (cut) => {
      environment = await lapiTestEnvironment();
      environment.lapi.decisions.add([{ value: '192.0.2.1' }]);
      const agent = await environment.agent();
      environment.lapi.decisions.add(
        Array.from({ length: 300 }, (_, i) => ({ value: `198.51.100.${i % 250}`, duration: `${i + 1}m` })),
      );
      environment.lapi.decisions.delete(['192.0.2.1']);
      environment.lapi.faults.add({ path: '/v1/decisions/stream', cut, times: cut === 'after' ? 2 : 1 });
      await environment.pass();
      expect([remediationOf(agent), remediationOf(agent, '192.0.2.1')]).toEqual(['bypass', 'ban']);
      expect(agent.health()).toMatchObject({
        status: 'degraded',
        decisions: { lapi: { failure: { code: 'CROWDSEC_API_UNREACHABLE' } } },
      });
      await environment.pass(3);
      expect([remediationOf(agent), remediationOf(agent, '192.0.2.1')]).toEqual(['ban', 'bypass']);
      expect(environment.kinds().at(1)).toBe('delta');
      expect(environment.kinds().slice(2)).not.toContain('false');
      expect(environment.kinds().at(2)).toBe('full');
      expect(environment.pulls()[2]).not.toHaveProperty('startup', 'false');
    },
  );

  it.each([
    ['that is malformed', { malformed: true }],
    ['that is a page of a proxy', { status: 502, body: '<html>Bad Gateway</html>' }],
    ['that is a page with status 200', { status: 200, body: '<html>Welcome</html>' }],
    ['that is a 500 of a busy database', { status: 500, body: { message: 'database is locked' } }],
  ] as const)('%s is followed by a full one', async (_, fault) => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent();
    environment.lapi.decisions.add([{ value: IP }]);
    environment.lapi.faults.add({ path: '/v1/decisions/stream', ...fault });
    await environment.pass();
    expect(remediationOf(agent)).toBe('bypass');
    await environment.pass(2);
    expect(remediationOf(agent)).toBe('ban');
    expect(environment.kinds().slice(0, 3)).toEqual(['full', 'delta', 'full']);
  });

  it('on a connection that LAPI closed at its restart is asked for again at once, whole', async () => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent();
    environment.lapi.restart();
    environment.lapi.decisions.add([{ value: IP }]);
    environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'before' });
    await environment.pass();
    expect(remediationOf(agent)).toBe('ban');
    expect(environment.kinds()).toEqual(['full', 'delta', 'full']);
    expect(environment.events.failed).toEqual([]);
  });
});

describe('a decision that is renewed, shortened or ended', () => {
  it('by a row of another id with a later end goes on until then, as one decision', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP, duration: '5m', origin: 'CAPI' }]);
    const agent = await environment.agent();
    environment.lapi.decisions.add([{ value: IP, duration: '24h', origin: 'CAPI' }]);
    await environment.pass();
    expect(agent.explain(IP)).toHaveLength(1);
    await environment.time.advance(3_600_000, IN_MINUTES);
    expect(remediationOf(agent)).toBe('ban');
  });

  it('by a shorter row, after the longest was deleted in the same interval, ends sooner', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP, duration: '10h' }]);
    const agent = await environment.agent();
    environment.lapi.decisions.delete([IP]);
    await environment.time.advance(100);
    environment.lapi.decisions.add([{ value: IP, duration: '1h' }]);
    await environment.pass();
    expect(agent.explain(IP).map(({ expiresAt }) => expiresAt! - environment.time.clock.now() < 3_700_000)).toEqual([
      true,
    ]);
  });

  it('whose longest row is deleted while a shorter one holds stays, until the shorter one is told as deleted', async () => {
    environment = await lapiTestEnvironment();
    const [long] = environment.lapi.decisions.add([
      { value: IP, duration: '10h' },
      { value: IP, duration: '1h', origin: 'CAPI' },
    ]);
    const agent = await environment.agent();
    await endById(long!.id);
    await environment.pass(2);
    expect(remediationOf(agent)).toBe('ban');
    environment.lapi.decisions.delete([IP]);
    await environment.pass();
    expect(remediationOf(agent)).toBe('bypass');
  });

  it('is dropped whatever origin, id and scenario the deletion bears, and of its own type alone', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([
      { value: IP, duration: '10h', origin: 'cscli', scenario: 'manual' },
      { value: IP, duration: '10h', type: 'captcha' },
    ]);
    const agent = await environment.agent();
    const bans = {
      new: null,
      deleted: [{ id: 77, origin: 'CAPI', scenario: 'other', type: 'ban', scope: 'Ip', value: IP, duration: '-1s' }],
    };
    environment.lapi.faults.add({ path: '/v1/decisions/stream', body: bans });
    await environment.pass();
    expect(remediationOf(agent)).toBe('captcha');
  });

  it.each([
    ['2001:DB8::B', '2001:db8::b'],
    ['::ffff:198.51.100.42', '198.51.100.42'],
    ['198.51.100.77/24', '198.51.100.3'],
    ['198.51.100.40/32', '198.51.100.40'],
    ['2001:DB8:0:0::/64', '2001:db8::5'],
  ])('as %s holds for %s, and ends by the same spelling', async (value, ip) => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value }, { value, scope: 'Range', type: 'captcha' }]);
    const agent = await environment.agent();
    expect(agent.explain(ip).map(({ type }) => type)).toEqual(['ban', 'captcha']);
    environment.lapi.decisions.delete([value]);
    await environment.pass();
    expect(agent.explain(ip)).toEqual([]);
  });

  it('in one spelling does not lift the same address in another', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: '2001:DB8::B' }, { value: '2001:db8::b' }]);
    const agent = await environment.agent();
    environment.lapi.decisions.delete(['2001:DB8::B']);
    await environment.pass();
    expect(remediationOf(agent, '2001:db8::b')).toBe('ban');
  });

  it('stands in both lists of one answer: it is new', async () => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent();
    const row = { id: 1, origin: 'cscli', scenario: 's', type: 'ban', scope: 'Ip', value: IP };
    const body = { new: [{ ...row, id: 2, duration: '1h' }], deleted: [{ ...row, duration: '-1s' }] };
    for (const answer of [body, JSON.stringify({ deleted: body.deleted, new: body.new })]) {
      environment.lapi.faults.add({ path: '/v1/decisions/stream', body: answer });
      await environment.pass();
      expect(remediationOf(agent)).toBe('ban');
    }
  });

  it('is told as deleted two or three times, and never takes a decision of the application with it', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP }]);
    const agent = await environment.agent({}, { updateIntervalMs: 1_000 });
    environment.lapi.decisions.delete([IP]);
    await environment.time.advance(1_000);
    expect(remediationOf(agent)).toBe('bypass');
    agent.decide({ ip: IP, type: 'ban', duration: '1h', scenario: 'acme/own' });
    await environment.time.advance(3_000);
    expect(agent.getIpRemediation(IP)).toMatchObject({ remediation: 'ban', origin: 'crowdsec' });
  });

  it('came and went between two pulls: its deletion alone is told, and changes nothing', async () => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent();
    environment.lapi.decisions.add([{ value: IP }]);
    environment.lapi.decisions.delete([IP]);
    await environment.pass();
    expect(remediationOf(agent)).toBe('bypass');
    expect(agent.health().status).toBe('ok');
  });
});

describe('an alert that is deleted on LAPI takes its decisions along, and nobody is told', () => {
  it('so that they end at their own end at the latest', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([
      { value: IP, duration: '30m' },
      { value: '192.0.2.1', duration: '10h' },
    ]);
    const agent = await environment.agent();
    environment.lapi.faults.add({ path: '/v1/decisions/stream', body: '{"new":[],"deleted":[]}', times: Infinity });
    await environment.time.advance(29 * 60_000, IN_MINUTES);
    expect(remediationOf(agent)).toBe('ban');
    await environment.time.advance(2 * 60_000);
    expect(remediationOf(agent)).toBe('bypass');
  });

  it('or by the full answer that is asked for every few hours', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([
      { value: IP, duration: '100h' },
      { value: '192.0.2.1', duration: '100h' },
    ]);
    const agent = await environment.agent({}, { updateIntervalMs: 600_000 });
    const kept = {
      id: 2,
      origin: 'cscli',
      scenario: 's',
      type: 'ban',
      scope: 'Ip',
      value: '192.0.2.1',
      duration: '90h',
    };
    const deltas = 3 * 6;
    environment.lapi.faults.add({ path: '/v1/decisions/stream', body: '{"new":[],"deleted":[]}', times: deltas });
    await environment.time.advance(3 * 3_600_000);
    expect([environment.kinds().filter((kind) => kind === 'full').length, remediationOf(agent)]).toEqual([1, 'ban']);
    environment.lapi.faults.clear();
    environment.lapi.faults.add({
      path: '/v1/decisions/stream',
      body: { new: [kept], deleted: null },
      times: Infinity,
    });
    await environment.time.advance(2 * 3_600_000);
    expect(environment.kinds().filter((kind) => kind === 'full')).toHaveLength(2);
    expect([remediationOf(agent), remediationOf(agent, '192.0.2.1')]).toEqual(['bypass', 'ban']);
  });
});

describe('an engine that is away', () => {
  it('for longer than a decision lasts: it ends by our own clock, others stay, and health says that they are stale', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([
      { value: IP, duration: '10m' },
      { value: '192.0.2.1', duration: '10h' },
    ]);
    const agent = await environment.agent();
    environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'before', times: Infinity });
    await environment.time.advance(9 * 60_000);
    expect([remediationOf(agent), remediationOf(agent, '192.0.2.1'), remediationOf(agent, '192.0.2.2')]).toEqual([
      'ban',
      'ban',
      'bypass',
    ]);
    await environment.time.advance(2 * 60_000);
    expect([remediationOf(agent), remediationOf(agent, '192.0.2.1')]).toEqual(['bypass', 'ban']);
    const health = agent.health();
    expect(health).toMatchObject({ status: 'degraded', decisions: { stale: true, lapi: { stale: true } } });
    expect(health.problems.map(({ code }) => code)).toEqual(['CROWDSEC_API_UNREACHABLE']);
  });

  it('is asked at growing gaps of up to a minute, with one line in the log and one when it is back', async () => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent();
    const fault = environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'before', times: Infinity });
    await environment.time.advance(30 * 60_000);
    const calls = environment.lapi.calls.length;
    expect(calls).toBeGreaterThan(25);
    expect(calls).toBeLessThan(45);
    expect(environment.log).toHaveLength(1);
    expect(environment.log[0]).toContain(environment.lapi.url);
    environment.lapi.decisions.add([{ value: IP }]);
    fault[Symbol.dispose]();
    await environment.time.advance(80_000);
    expect(remediationOf(agent)).toBe('ban');
    expect(agent.health()).toMatchObject({ status: 'ok', decisions: { stale: false } });
    expect(environment.log.slice(1)).toEqual([expect.stringMatching(/^info: LAPI at .* answers again/)]);
    expect(environment.events.failed.every(({ network }) => network === 'lapi')).toBe(true);
    expect(environment.events.refreshed.at(-1)).toMatchObject({ network: 'lapi', new: 1 });
  });

  it('and asks for patience gets it', async () => {
    environment = await lapiTestEnvironment();
    await environment.agent();
    environment.lapi.faults.add({ path: '/v1/decisions/stream', status: 503, headers: { 'retry-after': '300' } });
    await environment.time.advance(290_000);
    expect(environment.kinds()).toEqual(['full', 'delta']);
    await environment.time.advance(60_000);
    expect(environment.kinds()).toContain('full');
  });
});

describe('an answer that lacks what is held', () => {
  it('because the database of LAPI failed while it answered does not wipe it: it is asked again', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP, duration: '100h' }]);
    const agent = await environment.agent();
    environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'within' });
    environment.lapi.faults.add({ path: '/v1/decisions/stream', body: '{"new": [], "deleted": []}', times: 2 });
    await environment.pass(2);
    expect(remediationOf(agent)).toBe('ban');
    await environment.pass(4);
    expect(remediationOf(agent)).toBe('ban');
    expect(environment.log.filter((line) => line.includes('far fewer decisions'))).toHaveLength(1);
    expect(environment.kinds().slice(0, 5)).toEqual(['full', 'delta', 'full', 'full', 'full']);
    expect(environment.kinds().at(-1)).toBe('delta');
  });

  it('is believed when it comes again and again for two minutes', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP, duration: '100h' }]);
    const agent = await environment.agent();
    environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'within' });
    environment.lapi.faults.add({ path: '/v1/decisions/stream', body: '{"new": [], "deleted": []}', times: Infinity });
    await environment.time.advance(100_000);
    expect(remediationOf(agent)).toBe('ban');
    await environment.time.advance(90_000);
    expect(remediationOf(agent)).toBe('bypass');
  });

  it('and tells that all of it was deleted is believed at once', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP, duration: '100h' }]);
    const agent = await environment.agent();
    environment.lapi.decisions.delete([IP]);
    environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'within' });
    await environment.pass(3);
    expect(remediationOf(agent)).toBe('bypass');
  });

  it.each([
    ['more than half of a few', 5, 1],
    ['more than half of many', 2_000, 0],
    ['its last part', 2_000, 1_700],
  ])('by %s is doubted, too, and what is new in it holds at once', async (_, held, told) => {
    environment = await lapiTestEnvironment();
    const values = Array.from({ length: held }, (_, i) => `20.0.${i >> 8}.${i & 255}`);
    environment.lapi.decisions.add(values.map((value) => ({ value, duration: '100h' })));
    const agent = await environment.agent();
    const row = { origin: 'cscli', scenario: 's', type: 'ban', scope: 'Ip', duration: '90h' };
    const rows = [IP, ...values.slice(0, told)].map((value, i) => ({ ...row, id: 10_000 + i, value }));
    environment.lapi.faults.add({ path: '/v1/decisions/stream', cut: 'within' });
    environment.lapi.faults.add({ path: '/v1/decisions/stream', body: { new: rows, deleted: [] }, times: Infinity });
    await environment.pass(3);
    expect([remediationOf(agent), remediationOf(agent, values.at(-1))]).toEqual(['ban', 'ban']);
    await environment.time.advance(150_000);
    expect([remediationOf(agent), remediationOf(agent, values.at(-1))]).toEqual(['ban', 'bypass']);
  });
});

describe('a delta with many rows', () => {
  it('is followed by a full answer once things are quiet, for LAPI loses rows of an import that is being written', async () => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent();
    await environment.pass(6);
    const lost = { value: IP };
    environment.lapi.decisions.add([
      lost,
      ...Array.from({ length: 1_500 }, (_, i) => ({ value: `20.0.${i >> 8}.${i & 255}` })),
    ]);
    const rows = Array.from({ length: 1_500 }, (_, i) => ({
      id: i,
      origin: 'CAPI',
      scenario: 's',
      type: 'ban',
      scope: 'Ip',
      value: `20.0.${i >> 8}.${i & 255}`,
      duration: '4h',
    }));
    environment.lapi.faults.add({ path: '/v1/decisions/stream', body: { new: rows, deleted: [] } });
    await environment.pass();
    expect([remediationOf(agent), remediationOf(agent, '20.0.5.1')]).toEqual(['bypass', 'ban']);
    // The cursor has passed the lost row.
    environment.lapi.faults.add({ path: '/v1/decisions/stream', body: { new: [], deleted: [] } });
    await environment.pass(2);
    expect(remediationOf(agent)).toBe('ban');
    expect(environment.kinds().slice(-3)).toEqual(['delta', 'delta', 'full']);
    await environment.pass(2);
    expect(environment.kinds().slice(-2)).toEqual(['delta', 'delta']);
  });
});

describe('rows as they come', () => {
  it('have types and scopes of any kind: BAN bans, unknown types come to the fallback, custom scopes are left out', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([
      { value: IP, type: 'BAN' },
      { value: '192.0.2.1', type: 'throttle' },
      { value: '192.0.2.2', type: 'enforce_mfa' },
      { value: 'admin', scope: 'username' },
    ]);
    const agent = await environment.agent({ fallbackRemediation: 'captcha' }, { scopes: ['ip', 'range', 'username'] });
    expect([remediationOf(agent), remediationOf(agent, '192.0.2.1'), remediationOf(agent, '192.0.2.2')]).toEqual([
      'ban',
      'captcha',
      'captcha',
    ]);
    expect(environment.pulls()[0]).toMatchObject({ scopes: 'ip,range,username' });
    expect(agent.health().decisions.lapi).toMatchObject({ count: 3, skipped: { scope: 1 } });
    expect(environment.log.filter((line) => line.includes('unusable'))).toEqual([]);
    environment.lapi.decisions.delete([IP]);
    await environment.pass();
    expect(remediationOf(agent)).toBe('bypass');
  });

  it('that are unusable are left out one by one and counted; the rest of the answer holds', async () => {
    environment = await lapiTestEnvironment();
    const row = {
      id: 1,
      origin: 'cscli',
      scenario: 's',
      type: 'ban',
      scope: 'Ip',
      value: IP,
      duration: '1h59m57.415820438s',
    };
    const rows = [
      row,
      { ...row, value: '192.0.2.1', duration: 'eternal' },
      null,
      { ...row, value: '300.0.0.1' },
      { ...row, value: '192.0.2.3', duration: '8759h59m59s' },
    ];
    environment.lapi.faults.add({ path: '/v1/decisions/stream', body: { deleted: null, new: rows } });
    const agent = await environment.agent();
    expect([remediationOf(agent), remediationOf(agent, '192.0.2.3')]).toEqual(['ban', 'ban']);
    expect(agent.health().decisions.lapi?.skipped).toEqual({ duration: 1, malformed: 1, value: 1 });
    expect(environment.log.filter((line) => line.includes('unusable'))).toHaveLength(1);
  });

  it('of lists are told apart by the name of the list', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP, origin: 'lists', scenario: 'tor-exit-nodes' }]);
    const agent = await environment.agent();
    expect(agent.getIpRemediation(IP).origin).toBe('lists:tor-exit-nodes');
    expect(agent.health().decisions.origins).toEqual({ 'lists:tor-exit-nodes': 1 });
  });
});

describe('filters by origin or scenario', () => {
  it('ask for all rows, so that a longer decision of another origin hides nothing', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([
      { value: IP, duration: '1h' },
      { value: IP, duration: '24h', origin: 'lists' },
    ]);
    const agent = await environment.agent({}, { origins: ['cscli'] });
    expect(environment.pulls()[0]).toEqual({ startup: 'true', scopes: 'ip,range', origins: 'cscli', dedup: 'false' });
    expect(agent.getIpRemediation(IP)).toMatchObject({ remediation: 'ban', origin: 'cscli' });
  });

  it('keep rows apart by their ids: one that ends leaves the others of the same value, in one answer too', async () => {
    environment = await lapiTestEnvironment();
    const [first] = environment.lapi.decisions.add([{ value: IP, duration: '4h' }]);
    const agent = await environment.agent({}, { scenariosNotContaining: ['ssh'] });
    await endById(first!.id);
    const [second] = environment.lapi.decisions.add([{ value: IP, duration: '1h' }]);
    environment.lapi.decisions.add([{ value: IP, duration: '2h' }]);
    await environment.pass();
    expect(agent.explain(IP)).toHaveLength(1);
    await endById(second!.id);
    await environment.pass();
    expect(remediationOf(agent)).toBe('ban');
    environment.lapi.decisions.delete([IP]);
    await environment.pass();
    expect(remediationOf(agent)).toBe('bypass');
    expect(environment.pulls()[0]).toMatchObject({ scenarios_not_containing: 'ssh', dedup: 'false' });
  });

  it('fall back to the next longest when the longest row ends', async () => {
    environment = await lapiTestEnvironment();
    const [long] = environment.lapi.decisions.add([
      { value: IP, duration: '10h' },
      { value: IP, duration: '1h' },
    ]);
    const agent = await environment.agent({}, { scenariosContaining: ['manual'] });
    await endById(long!.id);
    await environment.pass();
    expect(remediationOf(agent)).toBe('ban');
    await environment.time.advance(3_600_000, IN_MINUTES);
    expect(remediationOf(agent)).toBe('bypass');
  });
});

describe('a key that LAPI does not know any more', () => {
  it('leaves decisions until their ends, is asked for at gaps of minutes with one clear line, and is mended by a full answer', async () => {
    environment = await lapiTestEnvironment();
    environment.lapi.decisions.add([{ value: IP, duration: '1h' }]);
    const agent = await environment.agent();
    environment.lapi.decisions.add([{ value: '192.0.2.1', duration: '10h' }]);
    const fault = environment.lapi.faults.add({
      path: '/v1/decisions/stream',
      status: 403,
      body: { message: 'access forbidden' },
      times: Infinity,
    });
    await environment.time.advance(30 * 60_000);
    expect(remediationOf(agent)).toBe('ban');
    expect(environment.lapi.calls.length).toBeLessThan(12);
    expect(environment.log).toEqual([
      expect.stringMatching(/^warn: LAPI at .* refuses the API key .*cscli bouncers add/),
    ]);
    expect(agent.health().problems).toEqual([
      { code: 'CROWDSEC_API_STATUS', message: expect.stringContaining('access forbidden') as string },
    ]);
    await environment.time.advance(31 * 60_000);
    expect(remediationOf(agent)).toBe('bypass');
    fault[Symbol.dispose]();
    await environment.time.advance(6 * 60_000);
    expect(remediationOf(agent, '192.0.2.1')).toBe('ban');
    expect(environment.lapi.calls.at(-1)?.status).toBe(200);
    const first = environment.lapi.calls.findIndex(({ status }, i) => i > 1 && status === 200);
    expect(environment.lapi.calls[first]?.query.startup).toBe('true');
  });

  it('stands in no line, no error and no health', async () => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent({}, { apiKey: 'c2VjcmV0LWtleS1vZi10aGUtc2hvcC1ib3VuY2Vy0' });
    await agent.refreshDecisions().catch((error: unknown) => environment.log.push(String(error)));
    expect(JSON.stringify([environment.log, agent.health()])).not.toContain('c2VjcmV0LWtleS1vZi10aGU');
  });
});

describe('refreshDecisions()', () => {
  it('pulls at once and says what changed, and whose it is', async () => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent();
    environment.lapi.decisions.add([{ value: IP }, { value: '192.0.2.1' }]);
    expect(await agent.refreshDecisions()).toMatchObject({ status: 'refreshed', network: 'lapi', new: 2, deleted: 0 });
    environment.lapi.decisions.delete(['192.0.2.1']);
    expect(await agent.refreshDecisions()).toMatchObject({ new: 0, deleted: 1 });
    expect(remediationOf(agent)).toBe('ban');
  });

  it('shares one pull among all who call it, and rejects when that fails', async () => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent();
    await Promise.all([agent.refreshDecisions(), agent.refreshDecisions(), agent.refreshDecisions()]);
    expect(environment.kinds()).toEqual(['full', 'delta']);
    environment.lapi.faults.add({ path: '/v1/decisions/stream', status: 500, body: { message: 'database is locked' } });
    await expect(agent.refreshDecisions()).rejects.toMatchObject({ code: 'CROWDSEC_API_STATUS', status: 500 });
  });
});

describe('the pace of pulls', () => {
  it.each([1_000, 60_000])('is the option updateIntervalMs: %i', async (updateIntervalMs) => {
    environment = await lapiTestEnvironment();
    await environment.agent({}, { updateIntervalMs });
    await environment.time.advance(10 * updateIntervalMs);
    expect(environment.kinds()).toHaveLength(11);
  });

  it('goes on by the clock that the agent was given, and stops with it', async () => {
    environment = await lapiTestEnvironment();
    const agent = await environment.agent();
    expect(environment.time.pending().map(({ name }) => name)).toContain('crowdsec:lapi');
    await agent.stop();
    await environment.pass(3);
    expect(environment.kinds()).toEqual(['full']);
    expect(manualTime().pending()).toEqual([]);
    expect(INTERVAL_MS).toBe(10_000);
  });
});

describe('a wall clock that is set', () => {
  it.each([7_200_000, -7_200_000])(
    'by %i ms moves the ends of decisions until the next pull, which asks for everything',
    async (ms) => {
      environment = await lapiTestEnvironment();
      const row = { id: 1, origin: 'cscli', scenario: 's', type: 'ban', scope: 'Ip', value: IP, duration: '1h' };
      environment.lapi.faults.add({ path: '/v1/decisions/stream', body: { new: [row], deleted: [] } });
      environment.lapi.faults.add({ path: '/v1/decisions/stream', body: { new: [row], deleted: [] } });
      const agent = await environment.agent();
      environment.time.jump(ms);
      await environment.pass();
      expect(environment.kinds()).toEqual(['full', 'full']);
      const lasts = agent.explain(IP).map(({ expiresAt }) => expiresAt! - environment.time.clock.now());
      expect(lasts).toEqual([expect.closeTo(3_600_000, -4)]);
      await environment.pass();
      expect(environment.kinds()[2]).toBe('delta');
    },
  );
});
