import { afterEach, describe, expect, it } from 'vitest';
import accepted from '../../test/fixtures/lapi-accepted.json' with { type: 'json' };
import { startSandbox, type Sandbox, type SandboxLapi } from '../index.js';

const MACHINE = { machineId: 'shop-agent', password: 'a-long-password' };
const USER_AGENT = 'crowdsec-node-bouncer/v1.0.0';

let sandbox: Sandbox | undefined;
afterEach(async () => sandbox?.stop());

interface Row {
  readonly id: number;
  readonly uuid?: string;
  readonly value: string;
  readonly type: string;
  readonly duration: string;
  readonly origin: string;
}

async function start(options: { engine?: 'newest' | '1.4.6' } = {}): Promise<{
  lapi: SandboxLapi;
  sandbox: Sandbox;
  pull: (query?: string, apiKey?: string) => Promise<{ new: Row[]; deleted: Row[] }>;
  asBouncer: (method: string, target: string, body?: unknown) => Promise<Response>;
  asMachine: (method: string, target: string, body?: unknown) => Promise<Response>;
}> {
  const started = (sandbox = await startSandbox({ lapi: options }));
  const lapi = started.lapi!;
  const key = lapi.addBouncer('shop');
  lapi.addMachine(MACHINE);
  const send = (method: string, target: string, body: unknown, headers: Record<string, string>): Promise<Response> =>
    fetch(`${lapi.url}${target}`, {
      method,
      headers: { 'user-agent': USER_AGENT, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const login = await send(
    'POST',
    '/v1/watchers/login',
    { machine_id: MACHINE.machineId, password: MACHINE.password, scenarios: [] },
    {},
  );
  const { token } = (await login.json()) as { token: string };
  return {
    lapi,
    sandbox: started,
    pull: async (query = '', apiKey = key) => {
      const answer = await send('GET', `/v1/decisions/stream${query}`, undefined, { 'x-api-key': apiKey });
      return (await answer.json()) as { new: Row[]; deleted: Row[] };
    },
    asBouncer: (method, target, body) => send(method, target, body, { 'x-api-key': key }),
    asMachine: (method, target, body) => send(method, target, body, { authorization: `Bearer ${token}` }),
  };
}

const valuesOf = (rows: readonly Row[]): readonly string[] => rows.map(({ value }) => value);

describe('a question about one address', () => {
  it('moves the cursor of the stream when that is unset or a minute old; HEAD makes no bouncer and moves nothing', async () => {
    const { lapi, sandbox, pull, asBouncer } = await start();
    expect((await asBouncer('HEAD', '/v1/decisions')).status).toBe(200);
    expect(lapi.bouncers).toEqual([]);
    await pull('?startup=true');
    lapi.decisions.add([{ value: '192.0.2.1' }]);
    sandbox.clock.advance(30_000);
    await asBouncer('GET', '/v1/decisions?ip=192.0.2.7');
    expect(valuesOf((await pull()).new)).toEqual(['192.0.2.1']);
    sandbox.clock.advance(1_000);
    lapi.decisions.add([{ value: '192.0.2.2' }]);
    sandbox.clock.advance(60_000);
    await asBouncer('GET', '/v1/decisions?ip=192.0.2.7');
    expect((await pull()).new).toEqual([]);
  });
});

describe('the stream of the local API', () => {
  it('tells everything at startup, then what changed since the last pull of this key and address', async () => {
    const { lapi, pull } = await start();
    lapi.decisions.add([{ value: '198.51.100.1' }, { value: '198.51.100.128/25', type: 'captcha' }]);
    expect(valuesOf((await pull('?startup=true')).new)).toEqual(['198.51.100.1', '198.51.100.128/25']);
    expect(await pull()).toEqual({ new: [], deleted: [] });
    lapi.decisions.add([{ value: '2001:db8::a' }]);
    expect(valuesOf((await pull()).new)).toEqual(['2001:db8::a']);
  });

  it('tells a deletion once more when the pull before it was within two seconds, and then no longer', async () => {
    const { lapi, pull, sandbox } = await start();
    lapi.decisions.add([{ value: '198.51.100.1' }]);
    await pull('?startup=true');
    lapi.decisions.delete(['198.51.100.1']);
    expect((await pull()).deleted).toMatchObject([{ value: '198.51.100.1', duration: '0s' }]);
    expect(valuesOf((await pull()).deleted)).toEqual(['198.51.100.1']);
    sandbox.clock.advance(2_500);
    await pull();
    expect((await pull()).deleted).toEqual([]);
  });

  it('tells the longest row of a scope, type and value alone, whatever else holds', async () => {
    const { lapi, pull } = await start();
    await pull('?startup=true');
    lapi.decisions.add([{ value: '198.51.100.10', duration: '1h' }]);
    expect(await pull()).toMatchObject({ new: [{ duration: '1h0m0s' }] });
    lapi.decisions.add([
      { value: '198.51.100.10', duration: '4h' },
      { value: '198.51.100.10', duration: '2h' },
      { value: '198.51.100.10', duration: '30m', type: 'captcha' },
    ]);
    expect((await pull()).new.map(({ type, duration }) => `${type} ${duration}`)).toEqual([
      'ban 4h0m0s',
      'captcha 30m0s',
    ]);
    expect((await pull('?startup=true&dedup=false')).new).toHaveLength(4);
  });

  it('says nothing when the longest row ends while another holds, and the last deletion bears the last row', async () => {
    const { lapi, pull, asMachine } = await start();
    const [first, second] = lapi.decisions.add([
      { value: '198.51.100.10', duration: '1h', origin: 'CAPI' },
      { value: '198.51.100.10', duration: '4h' },
    ]);
    await pull('?startup=true');
    await asMachine('DELETE', `/v1/decisions/${second!.id}`);
    expect(await pull()).toEqual({ new: [], deleted: [] });
    await asMachine('DELETE', `/v1/decisions/${first!.id}`);
    expect((await pull()).deleted.map(({ origin }) => origin)).toContain('CAPI');
  });

  it('filters after it has deduplicated, so that a longer row of another origin hides an address', async () => {
    const { lapi, pull } = await start();
    lapi.decisions.add([
      { value: '198.51.100.20', duration: '1h' },
      { value: '198.51.100.20', duration: '24h', origin: 'lists' },
    ]);
    expect((await pull('?startup=true&origins=cscli')).new).toEqual([]);
    expect(valuesOf((await pull('?startup=true&origins=cscli&dedup=false')).new)).toEqual(['198.51.100.20']);
  });

  it('has countries and networks only for whoever asks for these scopes', async () => {
    const { lapi, pull } = await start();
    lapi.decisions.add([
      { value: 'KP', scope: 'country' },
      { value: '64496', scope: 'as' },
    ]);
    expect((await pull('?startup=true')).new).toEqual([]);
    expect(valuesOf((await pull('?startup=true&scopes=ip,range,COUNTRY,as')).new)).toEqual(['KP', '64496']);
  });

  it('loses a delta whose answer was not read to its end', async () => {
    const { lapi, pull } = await start();
    await pull('?startup=true');
    lapi.decisions.add([{ value: '198.51.100.30' }]);
    lapi.faults.add({ path: '/v1/decisions/stream', cut: 'within' });
    await expect(pull()).rejects.toThrow();
    expect((await pull()).new).toEqual([]);
    expect(valuesOf((await pull('?startup=true')).new)).toEqual(['198.51.100.30']);
  });

  it('of 1.4.6 says null for nothing, with a length and sorted keys', async () => {
    const { asBouncer } = await start({ engine: '1.4.6' });
    const answer = await asBouncer('GET', '/v1/decisions/stream?startup=true');
    expect(await answer.text()).toBe('{"deleted":null,"new":null}');
    expect(answer.headers.get('content-length')).toBe('27');
  });

  it('refuses an unknown key and that of a removed bouncer alike', async () => {
    const { lapi, asBouncer } = await start();
    lapi.removeBouncer('shop');
    const answer = await asBouncer('GET', '/v1/decisions/stream');
    expect([answer.status, await answer.text()]).toEqual([403, '{"message":"access forbidden"}']);
  });
});

describe('alerts', () => {
  const alert = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
    scenario: 'acme/login-bruteforce',
    scenario_hash: '',
    scenario_version: '',
    message: 'ten failed logins',
    events_count: 10,
    start_at: '2026-11-26T05:47:55Z',
    stop_at: new Date().toISOString(),
    capacity: 10,
    leakspeed: '10s',
    simulated: false,
    events: [],
    source: { scope: 'Ip', value: '198.51.100.7', ip: '198.51.100.7' },
    ...changes,
  });

  it('that ask for a remediation are banned by the default profile, and the stream tells of it', async () => {
    const { asMachine, pull } = await start();
    const answer = await asMachine('POST', '/v1/alerts', [alert({ remediation: true }), alert()]);
    expect([answer.status, await answer.json()]).toEqual([201, ['1', '2']]);
    expect((await pull('?startup=true')).new).toMatchObject([{ value: '198.51.100.7', origin: 'crowdsec' }]);
  });

  it('that waited for hours decide about nobody: a decision ends its duration after stop_at', async () => {
    const { asMachine, pull } = await start();
    await asMachine('POST', '/v1/alerts', [alert({ remediation: true, stop_at: '2026-11-20T00:00:00Z' })]);
    expect((await pull('?startup=true')).new).toEqual([]);
  });

  it('with a missing field are refused by a 500 that names it, all of the batch', async () => {
    const { asMachine, lapi } = await start();
    const { scenario: _, ...without } = alert();
    const answer = await asMachine('POST', '/v1/alerts', [alert(), without]);
    expect(await answer.json()).toEqual({ message: 'validation failure list:\n1.scenario in body is required' });
    expect([answer.status, lapi.alerts.length]).toEqual([500, 0]);
  });

  it('of which no decision is usable are dropped: fewer ids than alerts', async () => {
    const { asMachine } = await start();
    const decision = { origin: 'x', type: 'ban', scope: 'Ip', duration: '4h', scenario: 'a/b' };
    const answer = await asMachine('POST', '/v1/alerts', [alert({ decisions: [{ ...decision, value: 'nonsense' }] })]);
    expect([answer.status, await answer.json()]).toEqual([201, []]);
  });

  it('need a token of this life of the engine', async () => {
    const { asMachine, lapi } = await start();
    lapi.restart();
    const answer = await asMachine('POST', '/v1/alerts', []);
    expect([answer.status, await answer.json()]).toEqual([401, { code: 401, message: 'signature is invalid' }]);
  });
});

describe('a login', () => {
  it.each([
    ['without a version in the user agent', { 'user-agent': 'node' }, MACHINE.password],
    ['with a wrong password', { 'user-agent': USER_AGENT }, 'x'],
  ])('%s is refused with 401', async (_name, headers, password) => {
    const { lapi } = await start();
    const body = JSON.stringify({ machine_id: MACHINE.machineId, password });
    const answer = await fetch(`${lapi.url}/v1/watchers/login`, { method: 'POST', headers, body });
    expect(await answer.json()).toEqual({ code: 401, message: 'incorrect Username or Password' });
  });
});

describe('the deletion of decisions', () => {
  it('counts in text, knows scopes and not scope, and ends everything without a filter', async () => {
    const { lapi, asMachine } = await start();
    lapi.decisions.add([{ value: '198.51.100.1' }, { value: '198.51.100.0/24' }, { value: '203.0.113.1' }]);
    expect(await (await asMachine('DELETE', '/v1/decisions?scope=ip')).json()).toEqual({
      message: "'scope' doesn't exist: invalid filter",
    });
    expect(await (await asMachine('DELETE', '/v1/decisions?ip=198.51.100.1')).json()).toEqual({ nbDeleted: '2' });
    expect(await (await asMachine('DELETE', '/v1/decisions')).json()).toEqual({ nbDeleted: '1' });
  });
});

describe('what the engine accepted', () => {
  it.each(accepted.exchanges.map((each) => [`${each.method} ${each.target}: ${each.note}`, each] as const))(
    '%s',
    async (_name, { method, target, credential, body, status, contentType }) => {
      const { asBouncer, asMachine, lapi } = await start();
      // Whatever a deletion by id is about is there.
      if (/decisions\/\d+$/.test(target))
        lapi.decisions.add(Array.from({ length: 100 }, (_each, i) => ({ value: `203.0.113.${i}` })));
      const send = credential === 'token' ? asMachine : asBouncer;
      const answer = await send(method, target, body);
      expect([answer.status, await answer.text()]).toEqual([status, expect.anything()]);
      if (contentType !== undefined) expect(answer.headers.get('content-type')).toBe(contentType);
    },
  );
});

describe('the allowlist of the operator', () => {
  it('is told to machines, and drops alerts that bring no decision', async () => {
    const { lapi, asMachine, asBouncer } = await start();
    lapi.setAllowlist(['198.51.100.0/24', '2001:db8::1']);

    const targets = ['198.51.100.7', '203.0.113.9', '198.51.100.0/25', '198.51.0.0/16', '2001:db8::1'];
    const answer = await asMachine('POST', '/v1/allowlists/check', { targets });
    expect(await answer.json()).toEqual({
      results: ['198.51.100.7', '198.51.100.0/25', '2001:db8::1'].map((target) => ({
        allowlists: ['sandbox'],
        target,
      })),
    });
    expect(await (await asMachine('GET', '/v1/allowlists/check/203.0.113.9')).json()).toEqual({});
    expect((await asBouncer('GET', '/v1/allowlists/check/203.0.113.9')).status).toBe(401);
    expect((await asMachine('POST', '/v1/allowlists/check', {})).status).toBe(400);
  });

  it('is nothing that an engine of 1.4.6 has', async () => {
    const { asMachine } = await start({ engine: '1.4.6' });
    expect((await asMachine('POST', '/v1/allowlists/check', { targets: ['198.51.100.7'] })).status).toBe(404);
  });
});
