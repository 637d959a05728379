import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrokenServers } from '../test/broken-servers.js';
import type { Crowdsec } from './agent.js';
import { createCrowdsec } from './crowdsec.js';
import type { CrowdsecEvents } from './events.js';
import type { Logger } from './logger.js';
import type { CrowdsecOptions } from './options.js';
import { manualTime, type ManualTime } from './testing/manual-time.js';
import { removeFolder } from '../test/remove-folder.js';

const PROXY_PASSWORD = 'hunter2-of-the-proxy';
const HOUR_MS = 3_600_000;
/** The polls of the store, and most of the tries, in between are of no interest. */
const IN_STEPS = { strideMs: 600_000 };

let servers: BrokenServers;
let sandbox: Sandbox | undefined;
let time: ManualTime;
let agent: Crowdsec;
let stateDir: string;
let log: { readonly level: string; readonly message: string; readonly code: unknown }[];
let failures: CrowdsecEvents['refreshFailed'][];

beforeEach(async () => {
  servers = new BrokenServers();
  time = manualTime(Date.UTC(2026, 10, 22, 12));
  stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  log = [];
  failures = [];
});
afterEach(async () => {
  await agent.stop({ deadlineMs: 0 });
  await sandbox?.stop();
  sandbox = undefined;
  await servers[Symbol.asyncDispose]();
  await removeFolder(stateDir);
});

async function start(options: CrowdsecOptions): Promise<void> {
  const write =
    (level: string): Logger['info'] =>
    (message, data) =>
      void log.push({ level, message, code: data?.code });
  agent = createCrowdsec({
    stateDir,
    scenarios: ['acme/login-bruteforce'],
    // The resolver of names may take seconds to say that it knows none.
    timeoutMs: 20_000,
    clock: time.clock,
    scheduler: time.scheduler,
    logger: { debug: () => undefined, info: write('info'), warn: write('warn'), error: write('error') },
    ...options,
  });
  agent.on('refreshFailed', (failure) => failures.push(failure));
  await agent.start();
  await time.advance(1);
}

const useProxy = (url: string): unknown => vi.stubEnv('HTTPS_PROXY', url.replace('//', `//shop:${PROXY_PASSWORD}@`));

/** What users meet: the address of CAPI there, and what everything must tell of it. */
const SITUATIONS: Readonly<
  Record<string, { readonly open: () => Promise<string>; readonly code: string; readonly tells: readonly string[] }>
> = {
  'nobody listens': {
    open: () => servers.closed(),
    code: 'CROWDSEC_API_UNREACHABLE',
    tells: ['connect ECONNREFUSED 127.0.0.1:', 'Check that it runs and listens there'],
  },
  'its name does not exist': {
    open: () => Promise.resolve('https://capi.invalid'),
    code: 'CROWDSEC_API_UNREACHABLE',
    tells: ['getaddrinfo', 'capi.invalid', 'name it in HTTPS_PROXY'],
  },
  'the proxy is gone': {
    open: async () => {
      useProxy(await servers.closed());
      return 'https://capi.example.org';
    },
    code: 'CROWDSEC_API_UNREACHABLE',
    tells: [
      'connect ECONNREFUSED 127.0.0.1:',
      'through the proxy http://127.0.0.1:',
      'HTTPS_PROXY names the right one',
    ],
  },
  'the proxy wants a password': {
    open: async () => {
      useProxy(await servers.refusingProxy(407));
      return 'https://capi.example.org';
    },
    code: 'CROWDSEC_API_UNREACHABLE',
    tells: ['the proxy answered 407', 'USER:PASSWORD@ before its host in HTTPS_PROXY'],
  },
  'the proxy can not reach it': {
    open: async () => {
      useProxy(await servers.refusingProxy(502));
      return 'https://capi.example.org';
    },
    code: 'CROWDSEC_API_UNREACHABLE',
    tells: ['the proxy answered 502', 'Ask whoever runs the proxy', 'HTTPS_PROXY'],
  },
  'somebody decrypts TLS': {
    open: () => servers.intercepted(),
    code: 'CROWDSEC_API_UNREACHABLE',
    tells: ['self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)', 'NODE_EXTRA_CA_CERTS'],
  },
  'it answers 429': {
    open: () => servers.answering(429, { 'retry-after': '600' }, '{"message":"rate limited"}'),
    code: 'CROWDSEC_API_STATUS',
    tells: ['was answered 429: rate limited', 'It asks to wait 600 s'],
  },
  'it answers 503': {
    open: () => servers.answering(503, {}, '{"message":"maintenance"}'),
    code: 'CROWDSEC_API_STATUS',
    tells: ['was answered 503: maintenance', 'out of order or overloaded'],
  },
  'a portal answers in its place': {
    open: () => servers.answering(302, { location: 'https://portal.example.org/' }),
    code: 'CROWDSEC_API_STATUS',
    tells: ['was answered 302', 'Redirects are not followed'],
  },
  'a page answers in its place': {
    open: () => servers.answering(200, {}, '<html>Welcome to our network</html>'),
    code: 'CROWDSEC_API_MALFORMED',
    tells: ['not JSON: <html>Welcome to our network</html>', 'a portal or a proxy'],
  },
  'everything is forbidden': {
    open: () => servers.answering(403, {}, 'Blocked by the firewall of Acme'),
    code: 'CROWDSEC_REGISTRATION_FAILED',
    tells: ['was answered 403: Blocked by the firewall of Acme'],
  },
};

describe('CAPI, of which', () => {
  it.each(Object.entries(SITUATIONS))(
    '%s: log, event and health tell the host, the first cause and the cure',
    async (_, { open, code, tells }) => {
      const apiUrl = await open();
      await start({ apiUrl });

      const [failure] = failures;
      expect(failure).toMatchObject({ network: 'capi', error: { code } });
      const line = log.find((each) => each.code === 'CAPI_FAILED');
      const [problem] = agent.health().problems;
      expect(problem?.code).toBe(code);
      for (const text of [failure?.error.message, line?.message, problem?.message]) {
        for (const part of [apiUrl, ...tells]) expect(text).toContain(part);
      }
      expect(line?.message).toContain(`Next try at ${new Date(failure!.nextAt).toISOString()}.`);
      expect(agent.health().decisions.nextPullAt).toBe(failure!.nextAt);
    },
  );

  it.each(Object.entries(SITUATIONS))(
    '%s: it is said once, later tries tell the same, and no secret is told',
    async (_, { open, tells }) => {
      const apiUrl = await open();
      await start({ apiUrl });
      agent.report({ ip: '8.8.8.8', scenario: 'acme/login-bruteforce' });
      await time.advance(1.2 * HOUR_MS, IN_STEPS);

      expect(failures.length).toBeGreaterThan(1);
      for (const { error } of failures) for (const part of [apiUrl, ...tells]) expect(error.message).toContain(part);
      const said = log.filter((each) => each.code === 'CAPI_FAILED');
      expect(new Set(said.map(({ message }) => withoutTimes(message))).size).toBe(said.length);
      const deferred = log.find((each) => each.code === 'SIGNALS_DEFERRED');
      for (const part of [apiUrl, ...tells]) expect(deferred?.message).toContain(part);
      const [problem] = agent.health().problems;
      for (const part of [apiUrl, ...tells]) expect(problem?.message).toContain(part);
      expect(agent.health().problems.map((each) => each.code)).not.toContain('CROWDSEC_LOGIN_BUDGET');
      const everything = JSON.stringify([log, failures.map(String), agent.health()]);
      expect(everything).not.toContain(PROXY_PASSWORD);
    },
  );

  it('asks for a wait: nobody asks it again before that is over', async () => {
    let calls = 0;
    const apiUrl = await servers.answering(429, { 'retry-after': '600' });
    await start({
      apiUrl,
      fetch: (input, init) => {
        calls++;
        return fetch(input, init);
      },
    });
    expect(failures[0]?.nextAt).toBeGreaterThanOrEqual(time.clock.now() + 599_000);
    agent.report({ ip: '8.8.8.8', scenario: 'acme/login-bruteforce' });
    await time.advance(590_000, { strideMs: 30_000 });
    expect(calls).toBe(1);
  });
});

const withoutTimes = (text: string): string => text.replace(/\d{4}-[\d-]+T[\d:.]+Z/g, '…');

describe('CAPI that lets us log in and gives no decisions', () => {
  it('is told as the problem of the pull, by every process, until it gives some', async () => {
    sandbox = await startSandbox({ clock: time.clock });
    const { url } = sandbox;
    const path = '/v3/decisions/stream';
    sandbox.faults.add({ path, status: 503, body: { message: 'no database' }, headers: { 'retry-after': '600' } });
    await start({ apiUrl: url });
    const told = [`was answered 503: no database (${url})`, 'It asks to wait 600 s'];
    for (const part of told) {
      expect(failures[0]?.error.message).toContain(part);
      expect(log.find(({ code }) => code === 'CAPI_FAILED')?.message).toContain(part);
      expect(agent.health().problems[0]).toMatchObject({
        code: 'CROWDSEC_API_STATUS',
        message: expect.stringContaining(part) as string,
      });
    }
    const first = agent;
    await start({ apiUrl: url });
    expect(agent.health().problems[0]?.message).toContain(told[0]);
    await agent.stop();
    agent = first;

    await time.advance(601_000, { strideMs: 60_000 });
    expect(agent.health()).toMatchObject({ status: 'ok', problems: [] });
    const back = log.filter(({ code }) => code === 'CAPI_BACK' || code === 'READY');
    expect(back.map(({ code }) => code)).toEqual(['CAPI_BACK', 'READY']);
  });
});

describe('LAPI, of which', () => {
  const LAPI: readonly string[] = ['nobody listens', 'somebody decrypts TLS', 'it answers 429', 'it answers 503'];
  it.each(Object.entries(SITUATIONS).filter(([name]) => LAPI.includes(name)))(
    '%s: log, event and health tell the host and the first cause',
    async (_, { open, code, tells }) => {
      const url = await open();
      await start({ lapi: { url, apiKey: 'the-key-of-a-bouncer-123' } });
      const line = log.find((each) => each.code === 'LAPI_FAILED')?.message;
      expect(failures[0]).toMatchObject({ network: 'lapi', error: { code } });
      const problem = agent.health().problems.find((each) => each.code === code)?.message;
      for (const text of [failures[0]?.error.message, line, problem]) {
        for (const part of [url, ...tells]) expect(text).toContain(part);
      }
      expect(JSON.stringify([log, agent.health()])).not.toContain('the-key-of-a-bouncer-123');
    },
  );
});

describe('A Redis that is not there', () => {
  const PASSWORD = 'secret-of-the-redis-0';
  it.each([
    ['by a URL', (host: string) => `redis://shop:${PASSWORD}@${host}`],
    ['by a Keyv', (host: string) => new Keyv(new KeyvRedis(`redis://shop:${PASSWORD}@${host}`))],
  ])('is told with its host and the cause, when it is given %s', async (_, storeAt) => {
    sandbox = await startSandbox({ clock: time.clock });
    const { host } = new URL(await servers.closed());
    const store = storeAt(host);
    await start({ apiUrl: sandbox.url, store, namespace: 'shop', storeTimeoutMs: 1_000 });
    await expect(agent.refreshDecisions()).rejects.toThrow(`connect ECONNREFUSED ${host}`);
    const told = [`redis at ${host}`, `connect ECONNREFUSED ${host}`, 'check that it runs and listens there'];
    const [problem] = agent.health().problems;
    expect(problem?.code).toBe('CROWDSEC_STORE_UNAVAILABLE');
    for (const part of told) expect(problem?.message).toContain(part);
    expect(log.find(({ code }) => code === 'STORE_UNAVAILABLE')?.message).toContain(`redis at ${host}`);
    expect(JSON.stringify([log, agent.health()])).not.toContain(PASSWORD);
    if (typeof store !== 'string') await (store.store as KeyvRedis<unknown>).disconnect(true);
  });
});

describe('An agent that is well', () => {
  it('says so once: the machine, the decisions, and the next pull', async () => {
    sandbox = await startSandbox({ clock: time.clock });
    sandbox.decisions.add([{ value: '198.51.100.7' }, { value: '198.51.100.8' }]);
    await start({ apiUrl: sandbox.url });
    const { identity, decisions } = agent.health();
    const next = new Date(decisions.nextPullAt!).toISOString();
    const { machineId = '' } = identity;
    const masked = `${machineId.slice(0, 4)}…${machineId.slice(-4)}`;
    const ready = log.filter(({ code }) => code === 'READY');
    expect(ready.map(({ level, message }) => [level, message])).toEqual([
      ['info', `CAPI works: machine ${masked}, 2 decisions in use, next pull at ${next}.`],
    ]);
    await time.advance(12 * HOUR_MS, { strideMs: 900_000 });
    expect(log.filter(({ code }) => code === 'READY')).toHaveLength(1);
    expect(JSON.stringify(log)).not.toContain(machineId);
  });

  it('says so of what another process has pulled', async () => {
    sandbox = await startSandbox({ clock: time.clock });
    sandbox.decisions.add([{ value: '198.51.100.7' }]);
    await start({ apiUrl: sandbox.url });
    await agent.stop();
    log = [];
    await start({ apiUrl: sandbox.url });
    expect(log.find(({ code }) => code === 'READY')?.message).toMatch(
      /machine .{4}….{4}, 1 decision in use, next pull/,
    );
  });
});

describe('A login that is refused for what is in it', () => {
  it('is no refusal of the signals that wait for it: they are kept, and leave in one call once it succeeds', async () => {
    sandbox = await startSandbox({ clock: time.clock });
    const { url, calls } = sandbox;
    const path = '/v3/watchers/login';
    sandbox.faults.add({ path, status: 400, body: { message: 'bad login' }, times: Infinity });
    await start({ apiUrl: url });
    for (const ip of ['8.8.8.8', '8.8.4.4', '1.1.1.1']) agent.report({ ip, scenario: 'acme/login-bruteforce' });
    await time.advance(1.2 * HOUR_MS, IN_STEPS);
    const deferred = log.filter(({ code }) => code === 'SIGNALS_DEFERRED');
    expect(deferred.map(({ message }) => message)).toEqual([
      expect.stringContaining(`POST ${path} was answered 400: bad login (${url})`),
    ]);
    sandbox.faults.clear();
    await time.advance(2 * HOUR_MS, IN_STEPS);
    expect(calls.filter((call) => call.path === '/v3/signals')).toHaveLength(1);
    expect(agent.health().signals).toMatchObject({ buffered: 0, sent: 3, poisoned: 0 });
  });
});
