import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capiTestEnvironment, type CapiTestEnvironment } from '../../test/capi-test-environment.js';
import type { Clock } from '../clock.js';
import { silentLogger } from '../logger.js';
import { HOUR_MS } from './login-budget.js';
import { Transport } from './transport.js';

const MINUTE_MS = 60_000;
const LOGIN = '/v3/watchers/login';

let environment: CapiTestEnvironment;
const servers: Server[] = [];
beforeEach(async () => {
  environment = await capiTestEnvironment();
});
afterEach(async () => {
  await environment[Symbol.asyncDispose]();
  for (const server of servers.splice(0)) server.close();
});

/** The wall clock of a machine that is off by so much. */
const clockOffBy = (ms: number): Clock => ({
  now: () => environment.time.clock.now() + ms,
  monotonic: () => environment.time.clock.monotonic(),
});

describe.each([
  ['an hour ahead', HOUR_MS],
  ['three days ahead', 72 * HOUR_MS],
  ['an hour behind', -HOUR_MS],
  ['ten years behind', -87_600 * HOUR_MS],
])('a clock that is %s', (_name, skewMs) => {
  it('changes nothing about when a token is renewed, in this process and the next', async () => {
    const clock = clockOffBy(skewMs);
    const { client } = environment.process({ clock });
    for (let minute = 0; minute < 180; minute += 10) {
      await client.getStreamDecisions();
      await environment.process({ clock }).client.getStreamDecisions();
      await environment.time.advance(10 * MINUTE_MS);
    }
    expect(environment.count(LOGIN)).toBe(3);
    expect(environment.sandbox.calls.filter(({ status }) => status === 401)).toEqual([]);
  });

  it('is told, once in the log and in the state for as long as it lasts', async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
    const { session } = environment.process({ clock: clockOffBy(skewMs), logger });
    await session.token();
    await environment.time.advance(HOUR_MS);
    await session.token();
    expect(Math.abs((session.state.clockSkewMs ?? 0) - skewMs)).toBeLessThanOrEqual(1_000);
    expect(warnings.filter((line) => line.includes('clock'))).toHaveLength(1);
    expect(warnings[0]).toContain(skewMs > 0 ? 'ahead of' : 'behind');
  });
});

it('is told as soon as the clock jumps, and no longer once it is right', async () => {
  const { session } = environment.process();
  await session.token();
  expect(session.state.clockSkewMs).toBeUndefined();
  environment.time.jump(2 * MINUTE_MS);
  expect(session.state.clockSkewMs).toBe(2 * MINUTE_MS);
  environment.time.jump(-2 * MINUTE_MS);
  expect(session.state.clockSkewMs).toBeUndefined();
});

it('renews a token that ran out while the machine slept before it is refused', async () => {
  const { client } = environment.process();
  await client.getStreamDecisions();
  environment.time.jump(5 * HOUR_MS);
  await client.getStreamDecisions();
  expect(environment.count(LOGIN)).toBe(2);
  expect(environment.sandbox.calls.filter(({ status }) => status === 401)).toEqual([]);
});

it('costs one login at most when it is set right between two processes', async () => {
  await environment.process({ clock: clockOffBy(HOUR_MS) }).client.getStreamDecisions();
  for (const off of [-HOUR_MS, 0, 2 * HOUR_MS, 0]) {
    const { client } = environment.process({ clock: clockOffBy(off) });
    const before = environment.count(LOGIN);
    await client.getStreamDecisions();
    await client.getStreamDecisions();
    expect(environment.count(LOGIN) - before).toBeLessThanOrEqual(1);
  }
});

describe('a login answer', () => {
  it.each([
    ['without a Date, but a token that says when it was issued', true, undefined],
    ['without a Date, and a token that says nothing', false, undefined],
    ['with a Date that makes the token look expired', true, 'Mon, 01 Jan 2035 00:00:00 GMT'],
  ])('%s serves for more than one call', async (_name, hasIssuedAt, date) => {
    let logins = 0;
    const expire = new Date(environment.time.clock.now() + HOUR_MS);
    const claims = hasIssuedAt ? { iat: (expire.getTime() - HOUR_MS) / 1000 } : {};
    const token = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
    const server = createServer((request, response) => {
      if (request.url === LOGIN) logins++;
      response.sendDate = false;
      if (date !== undefined) response.setHeader('date', date);
      response.end(JSON.stringify({ code: 200, token, expire: expire.toISOString() }));
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const transport = new Transport({ root, userAgent: 'csnodecapi/v0.0.1', fetch: globalThis.fetch });
    const { session } = environment.process({ transport, clock: clockOffBy(2 * HOUR_MS) });
    for (let minute = 0; minute < 55; minute += 11) {
      await session.token();
      await environment.time.advance(11 * MINUTE_MS);
    }
    expect(logins).toBe(1);
  });
});
