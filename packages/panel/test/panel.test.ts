import 'reflect-metadata';
import { once } from 'node:events';
import { createServer, request as nodeRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCrowdsec, silentLogger, type CrowdsecError } from '@crowdsec-sdk/core';
import { manualTime } from '@crowdsec-sdk/core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { crowdsecPanel, type PanelOptions } from '../src/index.js';
import { CrowdsecPanelModule } from '../src/nest.js';
import { HOSTS, startWithEngine, type StartHost } from './hosts.js';

const startNode: StartHost = HOSTS[0]![1];
const own = (url: string): Record<string, string> => ({
  'content-type': 'application/json',
  'x-crowdsec-panel': '1',
  origin: new URL(url).origin,
});
const post = (url: string, body: unknown, headers = own(url)): Promise<Response> =>
  fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });

describe.each(HOSTS)('The panel on %s', (_, start) => {
  it('serves its page, its files and its data', async () => {
    const { url } = await start();
    const redirect = await fetch(url.slice(0, -1), { redirect: 'manual' });
    expect(redirect.status).toBe(308);
    expect(new URL(redirect.headers.get('location')!, url.slice(0, -1)).href).toBe(url);
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const files = [...(await page.text()).matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].map(([, file]) => file!);
    for (const file of [...files, 'assets/uplot.js', 'metrics.json'])
      expect((await fetch(url + file)).status, file).toBe(200);
    await expect.poll(async () => (await fetch(`${url}health`)).status).toBe(200);
    expect((await fetch(`${url}assets/nothing.js`)).status).toBe(404);
    expect((await fetch(`${url}assets/%2e%2e/package.json`)).status).toBe(404);
  });

  it('is closed to whom it does not know, all of it', async () => {
    const { url, crowdsec } = await start({ authorize: () => false });
    crowdsec.decide({ ip: '198.51.100.9', scenario: 'acme/x' });
    for (const path of ['', 'events', 'health', 'metrics.json', 'explain?ip=8.8.8.8', 'assets/panel.js'])
      expect((await fetch(url + path)).status, path).toBe(404);
    expect((await post(`${url}lift`, { value: '198.51.100.9' })).status).toBe(404);
    expect(crowdsec.localDecisions()).toHaveLength(1);
  });

  it('adds a decision and lifts it', async () => {
    const { url, crowdsec } = await start();
    const added = await post(`${url}decide`, { value: '198.51.100.9', duration: '1h', type: 'ban' });
    expect(await added.json()).toMatchObject({ value: '198.51.100.9' });
    expect(crowdsec.getIpRemediation('198.51.100.9').remediation).toBe('ban');
    expect(await (await post(`${url}lift`, { value: '198.51.100.9' })).json()).toEqual({ lifted: true });
    expect(crowdsec.localDecisions()).toEqual([]);
  });

  it('streams its state', async () => {
    const { url, crowdsec } = await start();
    const end = new AbortController();
    const { body } = await fetch(`${url}events`, { signal: end.signal });
    let text = '';
    const reading = (async () => {
      for await (const chunk of body!.pipeThrough(new TextDecoderStream())) text += chunk;
    })().catch(() => undefined);
    await expect.poll(() => text).toMatch(/^event: state$/m);
    expect(text).toMatch(/^event: samples$/m);
    crowdsec.decide({ ip: '198.51.100.77', scenario: 'acme/x' });
    await expect.poll(() => text).toContain('198.51.100.77');
    end.abort();
    await reading;
  });
});

describe('authorize', () => {
  it('is required, by a function and by the Nest module', () => {
    const crowdsec = createCrowdsec({ apiUrl: 'http://127.0.0.1:9', ephemeral: true, logger: silentLogger });
    for (const authorize of [undefined, true, 'secret'] as unknown as PanelOptions['authorize'][]) {
      const error = expect.objectContaining({
        code: 'CROWDSEC_OPTION_INVALID',
        path: 'options.authorize',
      }) as CrowdsecError;
      expect(() => crowdsecPanel({ crowdsec, authorize })).toThrow(error);
      expect(() => CrowdsecPanelModule.forRoot({ authorize })).toThrow(error);
    }
  });

  it.each([
    ['false', () => false],
    ['undefined', () => undefined],
    ['a truthy text', () => 'yes'],
    ['an object', () => ({ user: 'admin' })],
    ['a promise of false', async () => false],
    [
      'an error',
      () => {
        throw new Error('no session store');
      },
    ],
    ['a rejection', () => Promise.reject(new Error('no session store'))],
  ])('that answers %s keeps it closed', async (_, authorize) => {
    const { url } = await startNode({ authorize: authorize as PanelOptions['authorize'] });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([404, 'Not found.\n']);
  });

  it('may answer later', async () => {
    const { url } = await startNode({ authorize: async (request) => request.headers.authorization === 'Bearer right' });
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(url, { headers: { authorization: 'Bearer right' } })).status).toBe(200);
  });

  it('leaves probes to authorizeProbe where there is one', async () => {
    const { url } = await startNode({ authorize: () => false, authorizeProbe: () => true });
    expect(await (await fetch(`${url}health`)).json()).toMatchObject({
      status: expect.any(String),
      problems: expect.any(Array),
    });
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(`${url}events`)).status).toBe(404);
  });

  it('is asked again each minute of those who watch', async () => {
    const time = manualTime();
    let isAllowed = true;
    const { url } = await startNode({ authorize: () => isAllowed, scheduler: time.scheduler });
    const { body } = await fetch(`${url}events`);
    isAllowed = false;
    await time.advance(61_000);
    for await (const _ of body!);
  });
});

describe('Changes', () => {
  it.each([
    ['without the header of the page', { origin: 'same' }],
    ['from another site', { 'x-crowdsec-panel': '1', origin: 'https://evil.example' }],
    [
      'from another site, by fetch metadata',
      { 'x-crowdsec-panel': '1', origin: 'same', 'sec-fetch-site': 'cross-site' },
    ],
    ['from another site below the same name', { 'x-crowdsec-panel': '1', 'sec-fetch-site': 'same-site' }],
    ['from nowhere', { 'x-crowdsec-panel': '1' }],
    ['from a sandboxed frame', { 'x-crowdsec-panel': '1', origin: 'null' }],
  ])('are refused %s', async (_, headers) => {
    const { url, crowdsec } = await startNode();
    crowdsec.decide({ ip: '198.51.100.9', scenario: 'acme/x' });
    const { origin } = headers as { origin?: string };
    const given = { ...headers, ...(origin === 'same' && { origin: new URL(url).origin }) };
    // fetch of Node sets fetch metadata of its own.
    expect(await rawPost(`${url}lift`, '{"value":"198.51.100.9"}', given)).toBe(403);
    expect(crowdsec.localDecisions()).toHaveLength(1);
  });

  it.each(['', '[]', 'null', '"x"', '{', JSON.stringify({ value: 'x'.repeat(5_000) })])(
    'need a sensible body: %.20s',
    async (body) => {
      const { url } = await startNode();
      const response = await fetch(`${url}decide`, { method: 'POST', headers: own(url), body });
      expect(response.status).toBe(400);
    },
  );

  it.each([
    [{ value: 'nobody' }, 'value'],
    [{ value: '198.51.100.0/99' }, 'value'],
    [{ value: '198.51.100.9', duration: 'long' }, 'duration'],
  ])('tell which field is wrong: %j', async (body, field) => {
    const { url, crowdsec } = await startNode();
    const response = await post(`${url}decide`, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ field });
    expect(crowdsec.localDecisions()).toEqual([]);
  });

  it('do not lock out whoever makes them, unless they insist', async () => {
    const { url, crowdsec } = await startNode();
    expect((await post(`${url}decide`, { value: '127.0.0.0/8' })).status).toBe(409);
    expect(crowdsec.localDecisions()).toEqual([]);
    expect((await post(`${url}decide`, { value: '127.0.0.0/8', force: true })).status).toBe(200);
    expect(crowdsec.localDecisions()).toHaveLength(1);
  });
});

describe('What it tells', () => {
  it('has no secret, and the machine id masked', async () => {
    const { url, crowdsec } = await startNode();
    await expect.poll(() => crowdsec.health().identity.machineId).toBeDefined();
    const text = await (await fetch(`${url}metrics.json`)).text();
    const machineId = crowdsec.health().identity.machineId!;
    expect(text).not.toContain(machineId);
    expect(text).toContain(`${machineId.slice(0, 4)}…${machineId.slice(-4)}`);
  });

  it('tells of the local API, AppSec and the captcha where they are on, without a secret', async () => {
    const { url, crowdsec, sandbox, secrets } = await startWithEngine();
    await crowdsec.refreshDecisions();
    crowdsec.report({ ip: '198.51.100.7', scenario: 'acme/x' });
    await crowdsec.flushSignals();
    const visit = (remoteAddress: string) =>
      crowdsec.bouncer.inspect({ remoteAddress, method: 'GET', path: '/', headers: {} });
    visit('203.0.113.7');
    await visit('198.51.100.1').settled;
    sandbox.appsec!.answerWith(() => ({ failure: 'reset' }));
    await visit('198.51.100.1').settled;
    sandbox.appsec!.answerWith(() => ({ action: 'ban' }));
    await visit('198.51.100.1').settled;
    const text = await (await fetch(`${url}metrics.json`)).text();
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(JSON.parse(text)).toMatchObject({
      lapi: {
        url: sandbox.lapi!.url,
        role: 'puller',
        count: 1,
        pulledAt: expect.any(Number),
        failure: null,
        machine: { machineId: 'mach…shop', loggedIn: true, alertsSent: 1, alertsDiscarded: 0 },
      },
      appsec: {
        asked: 3,
        actions: { allow: 1, ban: 1 },
        failures: { unreachable: 1 },
        lastFailure: { cause: 'unreachable' },
      },
      captcha: { shown: 1, solved: 0, refused: 0 },
    });
    expect(text).not.toContain('"failing"');
  });

  it('tells of none of them where they are off', async () => {
    const crowdsec = createCrowdsec({
      apiUrl: 'http://127.0.0.1:9',
      ephemeral: true,
      logger: silentLogger,
      captcha: false,
    });
    const panel = crowdsecPanel({ crowdsec, authorize: () => true });
    onTestFinished(() => panel.close());
    const server = createServer((request, response) => void panel(request, response)).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const state = await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics.json`)).json();
    expect(state).toMatchObject({ lapi: null, appsec: null, captcha: null });
  });

  it('explains an address, and says what is none', async () => {
    const { url, crowdsec } = await startNode();
    await crowdsec.refreshDecisions();
    const explained = await (await fetch(`${url}explain?ip=203.0.113.7`)).json();
    expect(explained).toMatchObject({
      result: { remediation: 'ban', origin: 'CAPI' },
      matches: [{ scope: 'ip', value: '203.0.113.7' }],
    });
    expect((await fetch(`${url}explain?ip=nobody`)).status).toBe(400);
    expect((await fetch(`${url}explain?ip=10.0.0.0/8`)).status).toBe(400);
  });

  it('is unhealthy where the agent is unavailable', async () => {
    const { url, crowdsec } = await startNode();
    await crowdsec.stop();
    expect((await fetch(`${url}health`)).status).toBe(503);
  });

  it('keeps a sample a minute, of a day at most, and looks at nothing else while nobody watches', async () => {
    const time = manualTime();
    const { clock, scheduler } = time;
    const crowdsec = createCrowdsec({
      apiUrl: 'http://127.0.0.1:9',
      ephemeral: true,
      logger: silentLogger,
      clock,
      scheduler,
    });
    const panel = crowdsecPanel({ crowdsec, authorize: () => true, clock, scheduler });
    onTestFinished(() => panel.close());
    expect(time.pending().map(({ name }) => name)).toEqual(['crowdsec:panel-sample']);
    await time.advance(25 * 3_600_000);
    let body = '';
    const response = {
      req: { method: 'GET' },
      headersSent: false,
      writeHead: () => undefined,
      end: (text: string) => (body = text),
    };
    await panel({ method: 'GET', url: '/metrics.json', headers: {} } as never, response as never);
    const { samples } = JSON.parse(body) as { samples: { at: number }[] };
    expect(samples).toHaveLength(1_441);
    expect(samples.at(-1)!.at - samples[0]!.at).toBe(24 * 3_600_000);
    panel.close();
    expect(time.pending()).toEqual([]);
  });
});

function rawPost(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
    const sent = nodeRequest(url, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end(body);
  });
}
