import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capiTestEnvironment, type CapiTestEnvironment } from '../../test/capi-test-environment.js';
import { failureReason } from '../http/failure-reason.js';
import { HOUR_MS } from './login-budget.js';
import { Transport } from './transport.js';

const LOGIN = '/v3/watchers/login';

let environment: CapiTestEnvironment;
beforeEach(async () => {
  environment = await capiTestEnvironment();
});
afterEach(() => environment[Symbol.asyncDispose]());

const transportTo = (root: string): Transport =>
  new Transport({ root, userAgent: 'csnodecapi/v0.0.1', fetch: globalThis.fetch });

describe('a login that fails', () => {
  it.each([429, 500, 502, 503])(
    'with %i is what a call that needed it rejects with, and what state tells',
    async (status) => {
      environment.sandbox.faults.add({ path: LOGIN, status, body: { message: 'out of order' }, times: Infinity });
      const { client, session } = environment.process();
      const told = `${LOGIN} was answered ${status}: out of order`;
      await expect(client.getStreamDecisions()).rejects.toMatchObject({
        code: 'CROWDSEC_API_STATUS',
        status,
        message: expect.stringContaining(told) as string,
      });
      expect(session.state.failure).toMatchObject({ message: expect.stringContaining(told) as string });
    },
  );

  it('is still told by the calls that wait for the next one, in this process and in others', async () => {
    environment.sandbox.faults.add({ path: LOGIN, status: 503, headers: { 'retry-after': '600' } });
    const { client, session } = environment.process();
    await expect(client.getStreamDecisions()).rejects.toMatchObject({ status: 503 });
    const refusal = {
      code: 'CROWDSEC_API_STATUS',
      message: expect.stringContaining('POST /v3/watchers/login was answered 503') as string,
    };
    await expect(client.getStreamDecisions()).rejects.toMatchObject(refusal);
    await expect(environment.process().client.getStreamDecisions()).rejects.toMatchObject(refusal);
    expect(session.state.failure).toMatchObject(refusal);
  });

  it('is forgotten once one succeeds', async () => {
    environment.sandbox.faults.add({ path: LOGIN, status: 503 });
    const { client, session } = environment.process();
    await expect(client.getStreamDecisions()).rejects.toMatchObject({ status: 503 });
    await environment.time.advance(HOUR_MS);
    await client.getStreamDecisions();
    expect(session.state.failure).toBeUndefined();
    environment.sandbox.faults.add({ path: LOGIN, cut: 'before' });
    await environment.time.advance(HOUR_MS);
    await expect(client.getStreamDecisions()).rejects.toMatchObject({ code: 'CROWDSEC_API_UNREACHABLE' });
    await expect(client.getStreamDecisions()).rejects.not.toThrow('503');
  });

  it('does so with the error and the host when nobody is there', async () => {
    const gone = await capiTestEnvironment();
    await gone[Symbol.asyncDispose]();
    const { client } = environment.process({ transport: transportTo(gone.sandbox.url) });
    const { host } = new URL(gone.sandbox.url);
    await expect(client.getStreamDecisions()).rejects.toThrow(`connect ECONNREFUSED ${host} (${gone.sandbox.url})`);
  });

  it('names the version in one line when the root is wrong', async () => {
    await expect(
      transportTo(`${environment.sandbox.url}/capi`).send({ method: 'POST', path: LOGIN, body: {}, timeoutMs: 20_000 }),
    ).rejects.toThrow(`Is ${environment.sandbox.url}/capi the root of an API that speaks v3?`);
  });
});

describe('the reason of a failure', () => {
  const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

  it.each([
    [
      'a cause',
      new TypeError('fetch failed', { cause: coded('getaddrinfo ENOTFOUND capi', 'ENOTFOUND') }),
      'getaddrinfo ENOTFOUND capi',
    ],
    [
      'several addresses',
      new TypeError('fetch failed', {
        cause: new AggregateError([
          coded('connect ECONNREFUSED ::1:9', 'ECONNREFUSED'),
          coded('connect ECONNREFUSED 127.0.0.1:9', 'ECONNREFUSED'),
        ]),
      }),
      'connect ECONNREFUSED ::1:9, connect ECONNREFUSED 127.0.0.1:9',
    ],
    [
      'TLS',
      new TypeError('fetch failed', { cause: coded('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT') }),
      'self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)',
    ],
    ['nothing', new Error(''), 'no reason given'],
    ['a text', 'boom', 'boom'],
  ])('is told of %s', (_name, error, reason) => {
    expect(failureReason(error)).toBe(reason);
  });

  it('ends where a chain of causes does not', () => {
    const error = new Error('round');
    error.cause = error;
    expect(failureReason(error)).toBe('round');
  });
});
