import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capiTestEnvironment, type CapiTestEnvironment } from '../../test/capi-test-environment.js';
import { untilSettled } from '../../test/until-settled.js';
import { silentLogger } from '../logger.js';
import { openStore } from '../store/open-store.js';
import { DAY_MS, HOUR_MS } from './login-budget.js';

const MINUTE_MS = 60_000;
const REGISTER = '/v3/watchers';
const LOGIN = '/v3/watchers/login';

let environment: CapiTestEnvironment;
beforeEach(async () => {
  environment = await capiTestEnvironment();
});
afterEach(() => environment[Symbol.asyncDispose]());

describe('the identity', () => {
  it('is a random 48-character id with the prefix inside it, registered and logged in once', async () => {
    const { session } = environment.process({ machineIdPrefix: 'acme' });
    await session.token();
    await session.token();
    expect(session.state.machineId).toMatch(/^acme[a-z0-9]{44}$/);
    expect(session.state.identity).toBe('validated');
    expect(environment.paths()).toEqual([REGISTER, LOGIN]);
    expect(environment.sandbox.machines[0]?.scenarios).toEqual(['acme/login-bruteforce']);
  });

  it('outlives the process, and so does the token', async () => {
    const first = await environment.process().session.token();
    const second = await environment.process().session.token();
    expect(second.machineId).toBe(first.machineId);
    expect(environment.paths()).toEqual([REGISTER, LOGIN]);
  });

  it('is made once, however many processes start together', async () => {
    const tokens = await untilSettled(
      Promise.all(Array.from({ length: 5 }, () => environment.process().session.token())),
      environment.time,
      100,
    );
    expect(new Set(tokens.map((token) => token.machineId)).size).toBe(1);
    expect(environment.paths()).toEqual([REGISTER, LOGIN]);
  });

  it('survives a registration whose answer was lost', async () => {
    environment.sandbox.faults.add({ path: /^\/v3\/watchers$/, cut: 'after' });
    const { session } = environment.process();
    await session.token();
    expect(environment.paths()).toEqual([REGISTER, LOGIN]);
    expect(environment.sandbox.machines).toHaveLength(1);
  });

  it('is tried with a login first, then registered again, when it was cut off before the answer', async () => {
    environment.sandbox.faults.add({ path: /^\/v3\/watchers$/, status: 500 });
    environment.sandbox.faults.add({ path: LOGIN, status: 500 });
    await expect(environment.process().session.token()).rejects.toMatchObject({
      code: 'CROWDSEC_API_STATUS',
      status: 500,
    });
    await environment.time.advance(MINUTE_MS);
    const { session } = environment.process();
    await session.load();
    const pending = session.state;
    expect(pending.identity).toBe('pending');

    await session.token();
    expect(session.state.machineId).toBe(pending.machineId);
    // 403 for the unknown pair, then the same pair is registered: no stop of an hour.
    expect(environment.paths()).toEqual([REGISTER, LOGIN, LOGIN, REGISTER, LOGIN]);
  });

  it('gives way only when both a login and a registration refuse it, and at most once an hour', async () => {
    environment.sandbox.faults.add({ path: /^\/v3\/watchers$/, status: 409, times: Infinity });
    const { session } = environment.process();
    await expect(session.token()).rejects.toMatchObject({ code: 'CROWDSEC_REGISTRATION_FAILED' });
    const { machineId } = session.state;
    expect(environment.count(REGISTER)).toBe(4);
    environment.sandbox.faults.clear();
    await environment.time.advance(HOUR_MS + 1);
    await session.token();
    expect(session.state.machineId).toBe(machineId);
  });

  it('never changes for a validated pair, not even when CAPI forgets it', async () => {
    const { session } = environment.process();
    const { machineId } = await session.token();
    environment.sandbox.faults.add({ path: LOGIN, status: 403, times: Infinity });
    for (const code of ['CROWDSEC_LOGIN_FORBIDDEN', 'CROWDSEC_LOGIN_FORBIDDEN', 'CROWDSEC_CREDENTIALS_REJECTED']) {
      await environment.time.advance(HOUR_MS + 1);
      await expect(environment.process().session.token()).rejects.toMatchObject({ code });
    }
    const logins = environment.count(LOGIN);
    await environment.time.advance(DAY_MS - MINUTE_MS);
    await expect(environment.process().session.token()).rejects.toMatchObject({
      code: 'CROWDSEC_CREDENTIALS_REJECTED',
    });
    expect(environment.count(LOGIN)).toBe(logins);

    environment.sandbox.faults.clear();
    await environment.time.advance(2 * MINUTE_MS);
    expect((await environment.process().session.token()).machineId).toBe(machineId);
    expect(environment.count(REGISTER)).toBe(1);
  });

  it('is rejected at once by a 401 to the login of a validated pair', async () => {
    const { session } = environment.process();
    await session.token();
    await environment.time.advance(HOUR_MS);
    environment.sandbox.faults.add({ path: LOGIN, status: 401 });
    await expect(session.token()).rejects.toMatchObject({ code: 'CROWDSEC_CREDENTIALS_REJECTED' });
    expect(session.state.identity).toBe('credentials-rejected');
  });

  it('is a new one, with a warning, when the prefix changes', async () => {
    const warnings: string[] = [];
    await environment.process({ machineIdPrefix: 'old' }).session.token();
    const { session } = environment.process({
      machineIdPrefix: 'new',
      logger: { ...silentLogger, warn: (message) => warnings.push(message) },
    });
    expect((await session.token()).machineId).toMatch(/^new/);
    expect(warnings.join()).toContain('prefix has changed');
  });

  it('is used as given, registered once, and never replaced', async () => {
    const credentials = { machineId: 'a'.repeat(48), password: 'S3cret-of-the-user' };
    await environment.process({ credentials }).session.token();
    await environment.time.advance(HOUR_MS);
    await environment.process({ credentials }).session.token();
    expect(environment.sandbox.machines.map(({ machineId }) => machineId)).toEqual([credentials.machineId]);
    expect(environment.count(REGISTER)).toBe(1);

    const other = { machineId: 'b'.repeat(48), password: 'wrong' };
    environment.sandbox.seedMachine({ machineId: other.machineId, password: 'right' });
    await expect(environment.process({ credentials: other }).session.token()).rejects.toMatchObject({
      code: 'CROWDSEC_REGISTRATION_FAILED',
      message: expect.stringContaining('given credentials') as string,
    });
  });

  it('is not made without a store that outlives the process', async () => {
    const memory = openStore({
      namespace: 't',
      apiRoot: environment.sandbox.url,
      ephemeral: true,
      clock: environment.time.clock,
      logger: silentLogger,
    });
    await expect(environment.process({ store: memory }).session.token()).rejects.toMatchObject({
      code: 'CROWDSEC_NO_DURABLE_STORE',
    });
    expect(environment.paths()).toEqual([]);
    await environment.process({ store: memory, ephemeral: true }).session.token();
    expect(environment.paths()).toEqual([REGISTER, LOGIN]);
  });

  it('is put back when the store was emptied: by a process that runs, or from the copy', async () => {
    const copyDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-copy-'));
    const { clock } = environment.time;
    const copy = openStore({
      stateDir: copyDir,
      namespace: 'test',
      apiRoot: environment.sandbox.url,
      clock,
      logger: silentLogger,
    });
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
    const { session, store } = environment.process({ copy, logger });
    const { machineId } = await session.token();
    const empty = async (): Promise<void> => {
      for (const key of ['credentials', 'token', 'session'] as const) await store.delete(key);
    };

    await empty();
    await environment.time.advance(HOUR_MS);
    expect((await session.token()).machineId).toBe(machineId);
    await empty();
    await environment.time.advance(HOUR_MS);
    expect((await environment.process({ copy, logger }).session.token()).machineId).toBe(machineId);
    expect(environment.count(REGISTER)).toBe(1);
    expect(warnings.filter((line) => line.includes('lost the credentials'))).toHaveLength(2);
    await rm(copyDir, { recursive: true });
  });

  it('is put back at the next call, with the token and what was spent, when the store was emptied', async () => {
    const { session, store } = environment.process();
    const { machineId } = await session.token();
    for (const key of ['credentials', 'token', 'session'] as const) await store.delete(key);
    await session.token();
    const { session: other } = environment.process();
    expect((await other.token()).machineId).toBe(machineId);
    expect(other.state.loginsLastHour).toBe(1);
    expect(environment.paths()).toEqual([REGISTER, LOGIN]);
  });

  it('shows its password nowhere', async () => {
    const { session, store } = environment.process();
    const token = await session.token();
    const stored = (await store.get('credentials')) as { password: string };
    const shown = [
      inspect(session, { depth: 9, showHidden: true }),
      inspect(token, { depth: 9 }),
      JSON.stringify([session, token, session.state]),
    ];
    expect(stored.password).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(shown.join()).not.toContain(stored.password);
    expect(shown.join()).not.toContain(token.jwt.reveal());
  });
});

describe('the login budget', () => {
  it('reuses a token until a minute before it expires', async () => {
    const { session } = environment.process();
    await session.token();
    await environment.time.advance(HOUR_MS - MINUTE_MS - 1);
    await session.token();
    expect(environment.count(LOGIN)).toBe(1);
    await environment.time.advance(1);
    await session.token();
    expect(environment.count(LOGIN)).toBe(2);
  });

  it('is single-flight', async () => {
    const { session } = environment.process();
    await Promise.all(Array.from({ length: 20 }, () => session.token()));
    expect(environment.count(LOGIN)).toBe(1);
  });

  it('is never more than five an hour, whatever 401 storms and restarts do', async () => {
    const logins: number[] = [];
    for (let minute = 0; minute < 90; minute++) {
      const { session } = environment.process();
      const token = await session.token().catch(() => undefined);
      if (token !== undefined) await session.token(token).catch(() => undefined);
      await environment.time.advance(MINUTE_MS);
      logins.push(environment.count(LOGIN));
    }
    expect(logins[58]).toBe(5);
    expect(logins[89]).toBeLessThanOrEqual(10);
    const { session } = environment.process();
    const token = await session.token().catch(() => undefined);
    await expect(session.token(token)).rejects.toMatchObject({
      code: 'CROWDSEC_LOGIN_BUDGET',
      nextAt: expect.any(Number) as number,
    });
  });

  it('spaces attempts that nobody saw the end of: a crash loop makes three in ten minutes', async () => {
    await environment.process().session.token();
    await environment.time.advance(HOUR_MS);
    environment.sandbox.faults.add({ path: LOGIN, cut: 'before', times: Infinity });
    const before = environment.count(LOGIN);
    for (let start = 0; start < 50; start++) {
      await environment
        .process()
        .session.token()
        .catch(() => undefined);
      await environment.time.advance(2_000);
    }
    expect(environment.count(LOGIN) - before).toBeLessThanOrEqual(3);
  });

  it('honours Retry-After on a login over restarts', async () => {
    environment.sandbox.faults.add({ path: LOGIN, status: 429, headers: { 'retry-after': '300' } });
    await expect(environment.process().session.token()).rejects.toMatchObject({ status: 429 });
    await environment.time.advance(4 * MINUTE_MS);
    await expect(environment.process().session.token()).rejects.toMatchObject({
      code: 'CROWDSEC_API_STATUS',
      status: 429,
      nextAt: environment.time.clock.now() + MINUTE_MS,
    });
    await environment.time.advance(MINUTE_MS + 1);
    await environment.process().session.token();
  });

  it('honours Retry-After on a registration: no login leaves meanwhile, in this process or after a restart', async () => {
    const fresh = await capiTestEnvironment();
    try {
      fresh.sandbox.faults.add({ path: '/v3/watchers', status: 429, headers: { 'retry-after': '300' } });
      const { session } = fresh.process();
      await expect(session.token()).rejects.toMatchObject({ status: 429 });
      await fresh.time.advance(4 * MINUTE_MS);
      for (const each of [session, fresh.process().session]) {
        await expect(each.token()).rejects.toMatchObject({
          status: 429,
          nextAt: fresh.time.clock.now() + MINUTE_MS,
          message: expect.stringContaining('POST /v3/watchers was answered 429') as string,
        });
      }
      expect(fresh.count(LOGIN)).toBe(0);
      await fresh.time.advance(MINUTE_MS + 1);
      await session.token();
    } finally {
      await fresh[Symbol.asyncDispose]();
    }
  });

  it('logs in with the union when a process declares more, and not by turns', async () => {
    const old = environment.process({ scenarios: ['acme/a', 'acme/b'] }).session;
    const young = environment.process({ scenarios: ['acme/b', 'acme/c'] }).session;
    for (let turn = 0; turn < 4; turn++) {
      await old.token();
      await young.token();
    }
    expect(environment.count(LOGIN)).toBe(2);
    expect(environment.sandbox.machines[0]?.scenarios.slice().sort()).toEqual(['acme/a', 'acme/b', 'acme/c']);
  });
});

describe('a refusal', () => {
  it('of the login stops all calls for an hour, over restarts', async () => {
    await environment.process().session.token();
    await environment.time.advance(HOUR_MS);
    environment.sandbox.faults.add({ path: LOGIN, status: 403 });
    await expect(environment.process().session.token()).rejects.toMatchObject({ code: 'CROWDSEC_LOGIN_FORBIDDEN' });
    const calls = environment.paths().length;
    await environment.time.advance(HOUR_MS - MINUTE_MS);
    await expect(environment.process().session.token()).rejects.toMatchObject({ code: 'CROWDSEC_LOGIN_FORBIDDEN' });
    expect(environment.paths()).toHaveLength(calls);
    await environment.time.advance(MINUTE_MS);
    await environment.process().session.token();
  });

  it('of a call is followed by one login, one repeat, and then a stop for an hour', async () => {
    const { client } = environment.process();
    await client.getStreamDecisions();
    environment.sandbox.faults.add({ path: '/v3/decisions', status: 403, times: Infinity });
    await expect(client.getStreamDecisions()).rejects.toMatchObject({ code: 'CROWDSEC_CALL_REFUSED' });
    expect(environment.count(LOGIN)).toBe(2);
    expect(environment.count('/v3/decisions/stream')).toBe(3);
    await expect(client.getStreamDecisions()).rejects.toMatchObject({ code: 'CROWDSEC_CALL_REFUSED' });
    expect(environment.count('/v3/decisions/stream')).toBe(3);
  });

  it('heals when the stop was written by a clock that ran ahead', async () => {
    const { session, client } = environment.process();
    await session.token();
    environment.sandbox.faults.add({ path: '/v3/decisions', status: 401, times: 2 });
    environment.time.jump(DAY_MS);
    environment.sandbox.faults.add({ path: '/v3/decisions', status: 401, times: 2 });
    await expect(client.getStreamDecisions()).rejects.toMatchObject({ code: 'CROWDSEC_CALL_REFUSED' });
    environment.time.jump(-DAY_MS);
    await expect(environment.process().session.token()).rejects.toMatchObject({ code: 'CROWDSEC_CALL_REFUSED' });
    await environment.time.advance(HOUR_MS + 1);
    await environment.process().session.token();
  });
});
