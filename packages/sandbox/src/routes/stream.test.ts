import { describe, expect, it } from 'vitest';
import { seededClient, valuesOf } from '../../test/client.js';
import { startSandbox } from '../index.js';

describe('the decisions stream', () => {
  it('groups by scenario and scope, with links and without empty groups', async () => {
    await using sandbox = await startSandbox();
    const machine = seededClient(sandbox);
    await machine.login();
    expect(await machine.pull('?startup=true')).toEqual({
      new: [],
      deleted: [],
      links: { blocklists: [], allowlists: [] },
    });
    sandbox.decisions.add([
      { value: '198.51.100.10', scenario: 'crowdsecurity/ssh-bf', duration: '167h59m0s' },
      { value: '198.51.100.11' },
      { value: '2001:db8::1' },
      { value: '203.0.113.0/24' },
    ]);
    expect((await machine.pull()).new).toEqual([
      { scenario: 'crowdsecurity/ssh-bf', scope: 'ip', decisions: [{ value: '198.51.100.10', duration: '167h59m0s' }] },
      {
        scenario: 'crowdsecurity/http-probing',
        scope: 'ip',
        decisions: [
          { value: '198.51.100.11', duration: '168h' },
          { value: '2001:db8::1', duration: '168h' },
        ],
      },
      {
        scenario: 'crowdsecurity/http-probing',
        scope: 'Range',
        decisions: [{ value: '203.0.113.0/24', duration: '168h' }],
      },
    ]);
  });

  it('tells each machine what is new to it; `startup=true` tells everything', async () => {
    await using sandbox = await startSandbox();
    const [first, second] = [seededClient(sandbox), seededClient(sandbox, 'b'.repeat(48))];
    await first.login();
    await second.login();
    sandbox.decisions.add([{ value: '1.1.1.1' }, { value: '2.2.2.2' }]);
    expect(valuesOf(await first.pull('?'))).toEqual(['1.1.1.1', '2.2.2.2']);
    expect(valuesOf(await first.pull('?'))).toEqual([]);

    sandbox.decisions.remove(['1.1.1.1', '9.9.9.9']);
    sandbox.decisions.add([{ value: '3.3.3.3' }]);
    const delta = await first.pull('?');
    expect([valuesOf(delta), delta.deleted]).toEqual([['3.3.3.3'], [{ scope: 'ip', decisions: ['1.1.1.1'] }]]);
    const later = await second.pull('?');
    expect([valuesOf(later), later.deleted]).toEqual([['2.2.2.2', '3.3.3.3'], []]);
    const startup = await first.pull('?startup=true');
    expect([valuesOf(startup), startup.deleted]).toEqual([['2.2.2.2', '3.3.3.3'], []]);
  });

  it('tells the removal of a range by the scope that the official engine looks for', async () => {
    await using sandbox = await startSandbox();
    const machine = seededClient(sandbox);
    await machine.login();
    sandbox.decisions.add([{ value: '203.0.113.0/24' }, { value: 'FR', scope: 'Country' }]);
    expect((await machine.pull('?')).new).toMatchObject([{ scope: 'Range' }, { scope: 'Country' }]);
    sandbox.decisions.remove(['203.0.113.0/24', 'FR']);
    expect((await machine.pull('?')).deleted).toEqual([
      { scope: 'Range', decisions: ['203.0.113.0/24'] },
      { scope: 'Country', decisions: ['FR'] },
    ]);
  });

  it('tells renewed decisions again, and both sides of one that was removed and came back', async () => {
    await using sandbox = await startSandbox();
    const machine = seededClient(sandbox);
    await machine.login();
    sandbox.decisions.add([{ value: '1.1.1.1' }, { value: '2.2.2.2' }]);
    await machine.pull();
    sandbox.decisions.add([{ value: '1.1.1.1' }]);
    sandbox.decisions.remove(['2.2.2.2']);
    sandbox.decisions.add([{ value: '2.2.2.2', scenario: 'crowdsecurity/ssh-bf' }]);
    const delta = await machine.pull();
    expect([valuesOf(delta), delta.deleted]).toEqual([
      ['1.1.1.1', '2.2.2.2'],
      [{ scope: 'ip', decisions: ['2.2.2.2'] }],
    ]);
  });

  it('tells only the difference after all decisions were set', async () => {
    await using sandbox = await startSandbox();
    const machine = seededClient(sandbox);
    await machine.login();
    sandbox.decisions.add([{ value: '1.1.1.1' }, { value: '2.2.2.2' }, { value: '3.3.3.3' }]);
    await machine.pull();
    sandbox.decisions.set([{ value: '2.2.2.2' }, { value: '3.3.3.3', duration: '1h' }, { value: '4.4.4.4' }]);
    const delta = await machine.pull();
    expect([valuesOf(delta), delta.deleted]).toEqual([
      ['3.3.3.3', '4.4.4.4'],
      [{ scope: 'ip', decisions: ['1.1.1.1'] }],
    ]);
    expect(sandbox.decisions.all().map(({ value }) => value)).toEqual(['2.2.2.2', '3.3.3.3', '4.4.4.4']);
  });

  it('tells everything every time where full answers are asked for', async () => {
    await using sandbox = await startSandbox({ answers: 'full' });
    const machine = seededClient(sandbox);
    await machine.login();
    sandbox.decisions.add([{ value: '1.1.1.1' }, { value: '2.2.2.2' }]);
    await machine.pull();
    sandbox.decisions.remove(['1.1.1.1']);
    const full = await machine.pull();
    expect([valuesOf(full), full.deleted]).toEqual([['2.2.2.2'], [{ scope: 'ip', decisions: ['1.1.1.1'] }]]);
    expect(valuesOf(await machine.pull())).toEqual(['2.2.2.2']);
  });

  it('leaves out what a client does not want, and tells it later', async () => {
    await using sandbox = await startSandbox();
    const machine = seededClient(sandbox);
    await machine.login();
    sandbox.decisions.add([{ value: '1.1.1.1' }]);
    sandbox.blocklists.set('tor', { lines: ['2.2.2.2'] });
    sandbox.allowlists.set('office', ['3.3.3.3']);
    const neither = await machine.pull('?additional_pull=false&community_pull=false&startup=true');
    expect([neither.new, neither.links.blocklists, neither.links.allowlists.length]).toEqual([[], [], 1]);
    const both = await machine.pull();
    expect([valuesOf(both), both.links.blocklists.length]).toEqual([['1.1.1.1'], 1]);
  });

  it('answers exactly what it was told to, until that is cleared', async () => {
    await using sandbox = await startSandbox();
    const machine = seededClient(sandbox);
    await machine.login();
    sandbox.decisions.add([{ value: '1.1.1.1' }]);
    for (const body of ['{"new":null', '', '{}']) {
      sandbox.decisions.replaceRawStream(body);
      expect(await machine.call('GET', '/v3/decisions/stream')).toMatchObject({ status: 200, text: body });
    }
    sandbox.decisions.replaceRawStream({ new: null });
    expect((await machine.call('GET', '/v3/decisions/stream')).text).toBe('{"new":null}');
    sandbox.decisions.clearRawStream();
    expect(valuesOf(await machine.pull())).toEqual(['1.1.1.1']);
  });

  it('is zipped for those who take that, and the same either way', async () => {
    await using sandbox = await startSandbox();
    const machine = seededClient(sandbox);
    await machine.login();
    sandbox.decisions.add(
      Array.from({ length: 500 }, (_, index) => ({ value: `198.51.${index >> 8}.${index & 255}` })),
    );
    const pull = (encoding: string) =>
      machine.call('GET', '/v3/decisions/stream?startup=true', undefined, { 'accept-encoding': encoding });
    const [zipped, plain, refused] = [await pull('gzip'), await pull('identity'), await pull('gzip;q=0')];
    expect([zipped, plain, refused].map(({ headers }) => headers.get('content-encoding'))).toEqual([
      'gzip',
      null,
      null,
    ]);
    expect(zipped.json).toEqual(plain.json);
  });
});
