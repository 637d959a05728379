import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capiTestEnvironment, type CapiTestEnvironment } from '../../test/capi-test-environment.js';
import { untilSettled } from '../../test/until-settled.js';
import { CrowdsecError } from '../errors.js';
import { silentLogger } from '../logger.js';
import type { JsonValue, Lease, Store, StoreKey } from '../store/store.js';
import { HOUR_MS } from './login-budget.js';
import type { Session } from './session.js';

const MINUTE_MS = 60_000;
const LOGIN = '/v3/watchers/login';
const REGISTER = '/v3/watchers';
/** Half as long as the store says that a process runs, so that one that does is never taken for one that was killed. */
const POLLED_EACH_HALF_MINUTE = { strideMs: MINUTE_MS / 2 };

let environment: CapiTestEnvironment;
const running: Session[] = [];
beforeEach(async () => {
  environment = await capiTestEnvironment();
});
afterEach(async () => {
  for (const session of running.splice(0)) await session.stop();
  await environment[Symbol.asyncDispose]();
});

/** A process as an agent runs it. */
async function started(options: Parameters<CapiTestEnvironment['process']>[0] = {}): Promise<Session> {
  const { session } = environment.process(options);
  running.push(session);
  await session.load();
  session.startWatching();
  await environment.time.advance(1);
  return session;
}

async function emptyTheStore(): Promise<void> {
  for (const key of ['credentials', 'token', 'session', 'machine-in-use', 'signals'] as const)
    await environment.store().delete(key);
}

describe('the login budget', () => {
  it('holds while the wall clock jumps to and fro', async () => {
    const { session } = environment.process();
    for (let minute = 0; minute < 60; minute++) {
      const token = await session.token().catch(() => undefined);
      if (token !== undefined) await session.token(token).catch(() => undefined);
      await environment.time.advance(MINUTE_MS);
      environment.time.jump(minute % 2 === 0 ? 3 * HOUR_MS : -3 * HOUR_MS);
    }
    expect(environment.count(LOGIN)).toBeLessThanOrEqual(5);
    await environment.time.advance(HOUR_MS);
    await expect(session.token()).resolves.toBeDefined();
  });

  it('keeps a stop while the wall clock jumps ahead, and ends it in time when it jumps back', async () => {
    const { session } = environment.process();
    await session.token();
    await session.stopAfterRefusal('refused');
    environment.time.jump(5 * HOUR_MS);
    await expect(session.token()).rejects.toMatchObject({ code: 'CROWDSEC_CALL_REFUSED' });
    environment.time.jump(-10 * HOUR_MS);
    await expect(session.token()).rejects.toMatchObject({ code: 'CROWDSEC_CALL_REFUSED' });
    await environment.time.advance(HOUR_MS + 1);
    await expect(session.token()).resolves.toBeDefined();
  });

  const none = { at: [], lost: 0, retryAfterMs: 0 };
  it.each<JsonValue>([
    null,
    7,
    'text',
    [],
    {},
    { logins: 3 },
    { logins: { ...none, lost: 0.5 }, registrations: none, forbiddenInARow: 0 },
    { logins: { ...none, at: [1e300] }, registrations: none, forbiddenInARow: 0 },
    { logins: none, registrations: { ...none, lost: -3 }, forbiddenInARow: 0 },
    { logins: none, registrations: none, forbiddenInARow: -1e300 },
  ])(
    'counts as spent for an hour when its record is damaged (%j), and a token that is held serves on',
    async (damage) => {
      await environment.process().session.token();
      await environment.time.advance(30 * MINUTE_MS);
      await environment.store().put('session', damage);
      await expect(environment.process().session.token()).resolves.toBeDefined();
      await environment.time.advance(31 * MINUTE_MS);
      for (let starts = 0; starts < 3; starts++) {
        await expect(environment.process().session.token()).rejects.toMatchObject({ code: 'CROWDSEC_LOGIN_BUDGET' });
      }
      await environment.time.advance(30 * MINUTE_MS);
      await expect(environment.process().session.token()).resolves.toBeDefined();
      expect(environment.count(LOGIN)).toBe(2);
      expect(environment.count(REGISTER)).toBe(1);
    },
  );

  it('ends a stop that is stored as endless within a day', async () => {
    await environment.process().session.token();
    const none = { at: [], lost: 0, retryAfterMs: 0 };
    const stop = { since: environment.time.clock.now(), forMs: 1e300, code: 'CROWDSEC_CALL_REFUSED', message: 'no' };
    await environment.store().put('session', { logins: none, registrations: none, forbiddenInARow: 0, stop });
    await expect(environment.process().session.token()).rejects.toMatchObject({ code: 'CROWDSEC_CALL_REFUSED' });
    await environment.time.advance(24 * HOUR_MS);
    await expect(environment.process().session.token()).resolves.toBeDefined();
  });

  it.each<JsonValue>([null, 'text', {}])('rebuilds a damaged token with one login (%j)', async (damage) => {
    await environment.process().session.token();
    await environment.store().put('token', damage);
    await expect(environment.process().session.token()).resolves.toBeDefined();
    expect(environment.paths()).toEqual([REGISTER, LOGIN, LOGIN]);
  });

  it.each<Record<string, JsonValue>>([{ jwt: 'a\nb' }, { jwt: '' }, { expiresAt: 1e300 }, { scenarios: null }])(
    'rebuilds a token that no call can carry, or that never ends (%j)',
    async (damage) => {
      await environment.process().session.token();
      const stored = (await environment.store().get('token')) as Record<string, JsonValue>;
      await environment.store().put('token', { ...stored, ...damage });
      await expect(environment.process().session.token()).resolves.toBeDefined();
      expect(environment.paths()).toEqual([REGISTER, LOGIN, LOGIN]);
    },
  );

  it.each<JsonValue>([null, 'text', {}, { machineId: '', prefix: '', status: 'validated' }])(
    'never pays for a damaged identity: it is neither guessed nor overwritten (%j)',
    async (damage) => {
      await environment.process().session.token();
      await environment.store().put('credentials', damage);
      await expect(environment.process().session.token()).rejects.toMatchObject({ code: 'CROWDSEC_STORE_UNAVAILABLE' });
      expect(
        await environment
          .store()
          .get('credentials')
          .catch(() => damage),
      ).toEqual(damage);
      expect(environment.paths()).toEqual([REGISTER, LOGIN]);
    },
  );
});

describe('the watch over the store', () => {
  it('reads each record once in a look, the credentials every 5 s and the others every 10 s', async () => {
    const reads: Record<string, number> = {};
    const store = environment.store();
    const counted: Store = {
      ...store,
      read: (key, parse) => ((reads[key] = (reads[key] ?? 0) + 1), store.read(key, parse)),
    };
    const session = await started({ store: counted });
    await session.token();
    await environment.time.advance(MINUTE_MS);
    for (const key of Object.keys(reads)) reads[key] = 0;
    await environment.time.advance(MINUTE_MS);
    expect(reads).toEqual({ credentials: 12, session: 6, token: 6, 'machine-in-use': 6 });
  });
});

describe('a process that was held up while it wrote an attempt down', () => {
  /** It goes on a minute after the session's record is written. */
  function sleeping(): Store {
    const store = environment.store();
    let hasSlept = false;
    const put = async (lease: Lease, key: StoreKey, value: JsonValue): Promise<void> => {
      await lease.put(key, value);
      if (key !== 'session' || hasSlept) return;
      hasSlept = true;
      await environment.time.advance(60_000);
    };
    return {
      ...store,
      lease: async (name, ttlMs) => {
        const lease = await store.lease(name, ttlMs);
        return lease && { ...lease, put: (key, value) => put(lease, key, value) };
      },
    };
  }

  it('neither registers nor logs in: another one may be at it', async () => {
    const { session } = environment.process({ store: sleeping() });
    await expect(session.token()).rejects.toMatchObject({ code: 'CROWDSEC_LEASE_BUSY' });
    expect(environment.paths()).toEqual([]);
    expect((await environment.process().session.token()).machineId).toBeDefined();
    expect((await session.token()).machineId).toBe(environment.sandbox.machines[0]!.machineId);
    // The pair of the first may have been registered: that is asked by a login.
    expect(environment.paths()).toEqual([LOGIN, REGISTER, LOGIN]);
  });

  it('does not log in beside another one', async () => {
    await environment.process().session.token();
    await environment.time.advance(HOUR_MS);
    const { session } = environment.process({ store: sleeping() });
    await expect(session.token()).rejects.toMatchObject({ code: 'CROWDSEC_LEASE_BUSY' });
    expect(environment.count(LOGIN)).toBe(1);
    await session.token();
    expect(environment.count(LOGIN)).toBe(2);
  });
});

describe('what came of a call and could not be written', () => {
  /** A store whose writes of these keys fail while `isFailing`. */
  function failing(keys: readonly StoreKey[], state: { isFailing: boolean }): Store {
    const store = environment.store();
    const refuse = (key: StoreKey): void => {
      if (state.isFailing && keys.includes(key)) throw new CrowdsecError('CROWDSEC_STORE_UNAVAILABLE', `no ${key}`);
    };
    const fencedBy = (lease: Lease): Lease => ({
      ...lease,
      put: async (key, value) => {
        refuse(key);
        await lease.put(key, value);
      },
    });
    return {
      ...store,
      lease: async (name, ttlMs) => {
        const lease = await store.lease(name, ttlMs);
        return lease && fencedBy(lease);
      },
    };
  }

  it('counts in memory, and is written before anything else happens', async () => {
    const state = { isFailing: false };
    const { session } = environment.process({ store: failing(['token'], state) });
    await session.token();
    await environment.time.advance(HOUR_MS);
    state.isFailing = true;
    const token = await session.token();
    await expect(session.token()).rejects.toMatchObject({ code: 'CROWDSEC_STORE_UNAVAILABLE' });
    expect(environment.count(LOGIN)).toBe(2);

    state.isFailing = false;
    expect((await session.token()).jwt.reveal()).toBe(token.jwt.reveal());
    expect((await environment.process().session.token()).jwt.reveal()).toBe(token.jwt.reveal());
    expect(environment.count(LOGIN)).toBe(2);
  });

  it('is a stop that holds, and that others learn of', async () => {
    const state = { isFailing: false };
    const { session } = environment.process({ store: failing(['session'], state) });
    await session.token();
    state.isFailing = true;
    await session.stopAfterRefusal('refused');
    await expect(session.token()).rejects.toThrow();
    state.isFailing = false;
    await expect(session.token()).rejects.toMatchObject({ code: 'CROWDSEC_CALL_REFUSED' });
    await expect(environment.process().session.token()).rejects.toMatchObject({ code: 'CROWDSEC_CALL_REFUSED' });
  });
});

describe('a pair', () => {
  it('that has a token stored has logged in: it is not replaced when a crash left it pending', async () => {
    const { session, store } = environment.process();
    const { machineId } = await session.token();
    const stored = (await store.get('credentials')) as object;
    await store.put('credentials', { ...stored, status: 'pending' });
    await environment.time.advance(2 * HOUR_MS);
    environment.sandbox.faults.add({ path: LOGIN, status: 403, times: Infinity });
    environment.sandbox.faults.add({ path: /^\/v3\/watchers$/, status: 409, times: Infinity });
    await expect(environment.process().session.token()).rejects.toMatchObject({ code: 'CROWDSEC_LOGIN_FORBIDDEN' });
    expect(await store.get('credentials')).toMatchObject({ machineId, status: 'validated' });
    expect(environment.count(REGISTER)).toBe(1);
  });
});

describe('a prefix', () => {
  const idWith = async (machineIdPrefix: string): Promise<string> => {
    const { machineId } = await environment.process({ machineIdPrefix }).session.token();
    await environment.time.advance(HOUR_MS);
    return machineId;
  };

  it('that is changed and changed back finds its machine again', async () => {
    const ids = [
      await idWith('a'),
      await idWith('b'),
      await idWith('a'),
      await idWith(''),
      await idWith('b'),
      await idWith(''),
    ];
    const [a, b, , none] = ids;
    expect(ids).toEqual([a, b, a, none, b, none]);
    expect(environment.sandbox.machines).toHaveLength(3);
  });

  it('is not lost to credentials that are given for a while', async () => {
    const machineId = await idWith('');
    const credentials = { machineId: 'a'.repeat(48), password: 'S3cret-of-the-user' };
    await environment.process({ credentials }).session.token();
    await environment.time.advance(HOUR_MS);
    expect(await idWith('')).toBe(machineId);
    await environment.process({ credentials }).session.token();
    expect(environment.sandbox.machines).toHaveLength(2);
    expect(environment.count(REGISTER)).toBe(2);
  });

  it('that differs from the one of a running process is an error that names both, and makes no machine', async () => {
    const first = await started({ machineIdPrefix: 'first' });
    await first.token();
    await environment.time.advance(10_000);
    const second = await started({ machineIdPrefix: 'second' });
    for (let minute = 0; minute < 70; minute += 5) {
      await expect(second.token()).rejects.toMatchObject({
        code: 'CROWDSEC_OPTION_INVALID',
        path: 'options.machineIdPrefix',
        message: expect.stringMatching(/'second'.*'first'/) as string,
      });
      await first.token();
      await environment.time.advance(5 * MINUTE_MS, POLLED_EACH_HALF_MINUTE);
    }
    expect(second.state.failure?.message).toContain("'first'");
    expect(environment.sandbox.machines).toHaveLength(1);

    await first.stop();
    await expect(second.token()).resolves.toMatchObject({ machineId: expect.stringMatching(/^second/) as string });
  });

  it("of a process that was killed stands in nobody's way for long, though its clock ran ahead", async () => {
    let isAlive = true;
    const { clock, scheduler } = environment.time;
    const first = await started({
      machineIdPrefix: 'first',
      clock: { now: () => clock.now() + 72 * HOUR_MS, monotonic: () => clock.monotonic() },
      scheduler: {
        schedule: (name, delayMs, run) => scheduler.schedule(name, delayMs, () => (isAlive ? run() : undefined)),
      },
    });
    await first.token();
    await environment.time.advance(30_000);
    isAlive = false;
    const { session } = environment.process({ machineIdPrefix: 'second' });
    await expect(session.token()).rejects.toMatchObject({ path: 'options.machineIdPrefix' });
    await environment.time.advance(2 * MINUTE_MS);
    await expect(session.token()).resolves.toMatchObject({ machineId: expect.stringMatching(/^second/) as string });
  });

  it('is no war when both processes start at once', async () => {
    const errors: string[] = [];
    const logger = { ...silentLogger, error: (message: string) => errors.push(message) };
    const sessions = [await started({ machineIdPrefix: 'a', logger }), await started({ machineIdPrefix: 'b', logger })];
    for (let minute = 0; minute < 3 * 60; minute += 10) {
      for (const session of sessions) await session.token().catch((error: unknown) => errors.push(String(error)));
      await environment.time.advance(10 * MINUTE_MS, POLLED_EACH_HALF_MINUTE);
    }
    expect(environment.sandbox.machines.length).toBeLessThanOrEqual(2);
    expect(environment.count(LOGIN)).toBeLessThanOrEqual(6);
    expect(errors.some((message) => message.includes("'a'") && message.includes("'b'"))).toBe(true);
  });
});

describe('an emptied store', () => {
  it('costs no machine when any of eight processes acts next, though one of them made it', async () => {
    const sessions: Session[] = [];
    for (let process = 0; process < 8; process++) sessions.push(await started());
    const { machineId } = await sessions[0]!.token();
    await environment.time.advance(10_000);
    for (const session of sessions) {
      await emptyTheStore();
      expect((await session.token()).machineId).toBe(machineId);
    }
    expect(environment.paths()).toEqual([REGISTER, LOGIN]);
  });

  it('is put back within seconds, whoever made the machine, with its token and its budget', async () => {
    const maker = await started();
    await started();
    const { machineId } = await maker.token();
    await environment.time.advance(6_000);
    await maker.stop();
    await emptyTheStore();
    await environment.time.advance(6_000);
    const { session } = environment.process();
    expect((await session.token()).machineId).toBe(machineId);
    expect(environment.paths()).toEqual([REGISTER, LOGIN]);
    expect(session.state.loginsLastHour).toBe(1);
  });

  it('that others can empty is asked twice before a machine is registered in it', async () => {
    const knows = await started({ store: { ...environment.store(), networked: true } });
    const { machineId } = await untilSettled(knows.token(), environment.time, 100);
    await emptyTheStore();
    const store = environment.store();
    let looks = 0;
    const newcomer = environment.process({
      store: {
        ...store,
        networked: true,
        lease: async (name, ttlMs) => {
          const lease = await store.lease(name, ttlMs);
          // After its first look the others have time to put back what they know, however slow this machine is.
          const release = async (): Promise<void> => {
            await lease?.release();
            if (++looks === 1) await environment.time.advance(10_000);
          };
          return lease && { ...lease, release };
        },
      },
    }).session;
    expect((await newcomer.token()).machineId).toBe(machineId);
    expect(looks).toBe(2);
    expect(environment.count(REGISTER)).toBe(1);
  }, 120_000);
});
