import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { client, PASSWORD, seededClient } from '../../test/client.js';
import { startSandbox } from '../index.js';

const ID = 'a'.repeat(48);
const credentials = { machine_id: ID, password: PASSWORD };

describe('registration', () => {
  it('makes a machine known, and shows it without its password', async () => {
    await using sandbox = await startSandbox({ clock: { now: () => 1_000 } });
    const answer = await client(sandbox).send('POST', '/v3/watchers', credentials);
    expect(answer).toMatchObject({ status: 200, text: '{"message":"OK"}' });
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(sandbox.machines).toEqual([{ machineId: ID, registeredAt: 1_000, scenarios: [], logins: 0 }]);
  });

  it.each([
    [undefined, 500],
    [400, 400],
    [409, 409],
  ] as const)('of a known id is answered as asked for (%s → %s)', async (option, status) => {
    await using sandbox = await startSandbox({ existingMachineStatus: option });
    const answer = await seededClient(sandbox).send('POST', '/v3/watchers', credentials);
    expect(answer).toMatchObject({ status, json: { message: 'User already exists' } });
  });

  it.each([
    ['no body', undefined],
    ['no JSON', '{"machine_id":'],
    ['no password', { machine_id: ID }],
    ['an empty password', { machine_id: ID, password: '' }],
    ['an id with other characters', { machine_id: `${ID}-`, password: PASSWORD }],
    ['an id that is no text', { machine_id: 7, password: PASSWORD }],
    ['a list', [credentials]],
  ])('is refused with %s', async (_, body) => {
    await using sandbox = await startSandbox();
    const answer = await client(sandbox).send('POST', '/v3/watchers', body);
    expect(answer).toMatchObject({ status: 400, json: { message: expect.any(String) as string } });
    expect(sandbox.machines).toEqual([]);
  });

  it('takes ids of any length, and lets them log in', async () => {
    await using sandbox = await startSandbox();
    const short = client(sandbox, 'abc');
    await short.send('POST', '/v3/watchers', { machine_id: 'abc', password: PASSWORD });
    expect((await short.login()).status).toBe(200);
  });
});

describe('login', () => {
  it('answers a signed token, when it ends, and remembers the scenarios', async () => {
    await using sandbox = await startSandbox({
      clock: { now: () => Date.UTC(2026, 10, 22, 11) + 123 },
      tokenLifeMs: 90_000,
    });
    const machine = seededClient(sandbox);
    const answer = await machine.login(['acme/http-404']);
    expect(answer.json).toEqual({ code: 200, expire: '2026-11-22T11:01:30Z', token: machine.token });
    const issuedAt = Date.UTC(2026, 10, 22, 11) / 1000;
    expect(decodeJwt(machine.token)).toEqual({ id: ID, iat: issuedAt, exp: issuedAt + 90 });
    expect(sandbox.machines[0]).toMatchObject({ scenarios: ['acme/http-404'], logins: 1 });
  });

  it.each([
    ['a wrong password', { machine_id: ID, password: 'wrong' }, 403],
    ['an unknown id', { machine_id: 'b'.repeat(48), password: PASSWORD }, 403],
    ['an unknown id of another length', { machine_id: 'b', password: PASSWORD }, 400],
    ['scenarios that are no list', { ...credentials, scenarios: 'acme/x' }, 400],
  ])('is refused with %s', async (_, body, status) => {
    await using sandbox = await startSandbox();
    expect((await seededClient(sandbox).send('POST', '/v3/watchers/login', body)).status).toBe(status);
    expect(sandbox.machines[0]?.logins).toBe(0);
  });

  it('is refused with 401 where that is asked for', async () => {
    await using sandbox = await startSandbox({ loginRefusedStatus: 401 });
    expect((await client(sandbox).login()).status).toBe(401);
  });

  it('may carry an empty bearer, or no header at all', async () => {
    await using sandbox = await startSandbox();
    const machine = seededClient(sandbox);
    expect((await machine.send('POST', '/v3/watchers/login', credentials, { authorization: 'Bearer' })).status).toBe(
      200,
    );
    expect((await machine.send('POST', '/v3/watchers/login', credentials)).status).toBe(200);
    expect(sandbox.calls.map(({ authorization }) => authorization)).toEqual(['empty-bearer', 'none']);
  });
});

describe('a token', () => {
  it('is taken with and without the word Bearer', async () => {
    await using sandbox = await startSandbox();
    const machine = seededClient(sandbox);
    await machine.login();
    for (const authorization of [`Bearer ${machine.token}`, machine.token]) {
      expect((await machine.send('GET', '/v3/decisions/stream', undefined, { authorization })).status).toBe(200);
    }
    expect(sandbox.calls.slice(1).map((call) => call.authorization)).toEqual(['bearer', 'raw']);
    expect(sandbox.calls.every(({ machineId }) => machineId === ID)).toBe(true);
  });

  it('is refused when missing, empty, forged, of another sandbox, or unsigned', async () => {
    await using sandbox = await startSandbox();
    await using other = await startSandbox();
    const stranger = seededClient(other);
    await stranger.login();
    const [header, payload] = stranger.token.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload ?? ''}.`;
    const machine = seededClient(sandbox);
    for (const token of [
      '',
      'Bearer',
      'Bearer a.b.c',
      `${header ?? ''}.${payload ?? ''}.AAAA`,
      stranger.token,
      unsigned,
    ]) {
      const answer = await machine.send('POST', '/v3/signals', [], token === '' ? {} : { authorization: token });
      expect(answer).toMatchObject({ status: 401, json: { message: 'Unauthorized' } });
    }
  });

  it('ends by the clock of the sandbox', async () => {
    await using sandbox = await startSandbox({ tokenLifeMs: 60_000 });
    const machine = seededClient(sandbox);
    await machine.login();
    sandbox.clock.advance(58_000);
    expect((await machine.call('GET', '/v3/decisions/stream')).status).toBe(200);
    sandbox.clock.advance(2_000);
    expect((await machine.call('GET', '/v3/decisions/stream')).status).toBe(401);
    await machine.login();
    expect((await machine.call('GET', '/v3/decisions/stream')).status).toBe(200);
  });
});

describe('enrollment', () => {
  const fresh = { attachment_key: 'abcdEFGH1234', name: 'shop', tags: ['eu'], autoenroll: false };

  it('is answered 201 when fresh and 200 when repeated, and recorded', async () => {
    await using sandbox = await startSandbox({ clock: { now: () => 5_000 } });
    const machine = seededClient(sandbox);
    await machine.login();
    expect((await machine.call('POST', '/v3/watchers/enroll', fresh)).status).toBe(201);
    expect((await machine.call('POST', '/v3/watchers/enroll', { ...fresh, name: 'other' })).status).toBe(200);
    const enrolled = { at: 5_000, name: 'shop', tags: ['eu'], attachmentKey: 'abcdEFGH1234', overwrite: false };
    expect(sandbox.machines[0]?.enrolled).toEqual(enrolled);

    expect(
      (await machine.call('POST', '/v3/watchers/enroll', { ...fresh, name: 'other', overwrite: true })).status,
    ).toBe(200);
    expect(sandbox.machines[0]?.enrolled).toEqual({ ...enrolled, name: 'other', overwrite: true });
  });

  it('shows in tokens that are issued afterwards', async () => {
    await using sandbox = await startSandbox();
    const machine = seededClient(sandbox);
    await machine.login();
    await machine.call('POST', '/v3/watchers/enroll', fresh);
    expect(decodeJwt(machine.token)).not.toHaveProperty('organization_id');
    await machine.login();
    expect(decodeJwt(machine.token)).toMatchObject({
      organization_id: expect.any(String) as string,
      subscription_type: 'COMMUNITY',
    });
  });

  it('needs a key that is known, or none when it is automatic', async () => {
    await using sandbox = await startSandbox({ enrollmentKeys: ['first', 'second'], clock: { now: () => 5_000 } });
    const machine = seededClient(sandbox);
    await machine.login();
    const enroll = (body: object) => machine.call('POST', '/v3/watchers/enroll', body);
    expect(await enroll(fresh)).toMatchObject({ status: 403, json: { message: 'Forbidden' } });
    expect((await enroll({ name: 'keyless' })).status).toBe(400);
    expect((await enroll({ attachment_key: 'no-dashes' })).status).toBe(400);
    expect((await enroll({ attachment_key: 'second', autoenroll: true })).status).toBe(400);
    expect(sandbox.machines[0]?.enrolled).toBeUndefined();

    const automatic = await enroll({ name: 'vm', tags: [], autoenroll: true });
    expect(automatic).toMatchObject({
      status: 201,
      json: { url: expect.stringMatching(/^http/) as string, expire_at: 905_000 },
    });
    expect((await enroll({ name: 'vm', tags: [], autoenroll: true })).status).toBe(200);
  });
});
