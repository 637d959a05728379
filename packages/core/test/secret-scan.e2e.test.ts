import { createServer } from 'node:http';
import { mkdtemp } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import Keyv from 'keyv';
import { expect, it, describe } from 'vitest';
import type { Crowdsec } from '../src/agent.js';
import { createCrowdsec } from '../src/crowdsec.js';
import type { CrowdsecEvents } from '../src/events.js';
import type { CrowdsecOptions } from '../src/options.js';
import { manualTime } from '../src/testing/manual-time.js';
import { echoServer, QUOTES, type EchoServer } from './echo-server.js';
import { untilSettled } from './until-settled.js';
import { removeFolder } from './remove-folder.js';

const EVENTS: readonly (keyof CrowdsecEvents)[] = [
  'registered',
  'loggedIn',
  'refreshed',
  'refreshFailed',
  'signalsFailed',
  'signalPoisoned',
  'signalsSent',
];

/** A server and a folder of its own for each test: they run beside each other, for they wait for answers, timers and files. */
async function place(): Promise<AsyncDisposable & { readonly server: EchoServer; readonly stateDir: string }> {
  const server = await echoServer();
  const stateDir = await mkdtemp(join(tmpdir(), 'crowdsec-sdk-test-'));
  return {
    server,
    stateDir,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await removeFolder(stateDir);
    },
  };
}

/**
 * Runs through everything that an agent says, and gives all of it as text: lines, events, errors and health, with hidden members. Time is moved
 * by hand, for the pace of the network makes calls wait 10 s.
 */
async function allThatIsSaid(
  server: EchoServer,
  options: Partial<CrowdsecOptions> & { readonly stateDir: string },
): Promise<string> {
  const said: string[] = [];
  const show = (value: unknown): void =>
    void said.push(typeof value === 'string' ? value : inspect(value, { showHidden: true, depth: Infinity }));
  const time = manualTime(Date.now());
  const agent: Crowdsec = createCrowdsec({
    apiUrl: server.url,
    clock: time.clock,
    scheduler: time.scheduler,
    scenarios: ['acme/probe'],
    timeoutMs: 2_000,
    logger: { debug: show, info: show, warn: show, error: show },
    ...options,
  });
  for (const event of EVENTS) agent.on(event, show);
  await untilSettled(agent.start(), time);
  const work: readonly (() => Promise<unknown>)[] = [
    () => agent.refreshDecisions(),
    () => agent.pushSignals([{ ip: '9.9.9.9', scenario: 'acme/probe' }]),
    () => agent.enroll({ key: 'k3yOfTheConsole1234567890', name: 'n' }),
    () => Promise.resolve(agent.report({ ip: '9.9.9.10', scenario: 'acme/probe' })),
    () => agent.flushSignals(),
    () => agent.poisonedSignals(),
    () => agent.runDue(),
  ];
  for (const run of work) await untilSettled(run(), time).then(show, show);
  show(agent.health());
  await untilSettled(agent.stop({ deadlineMs: 300 }), time);
  show(agent);
  return said.join('\n');
}

/** What of a secret is found in a text: any 10 characters of it, as they are, or within base64. */
function found(text: string, secrets: Iterable<string>): string[] {
  const decoded = [...text.matchAll(/[A-Za-z0-9+/_-]{16,}/g)].flatMap(([run]) =>
    [0, 1, 2, 3].map((skip) => Buffer.from(run.slice(skip), 'base64').toString('latin1')),
  );
  const haystacks = [text, ...decoded];
  return [...secrets].flatMap((secret) => {
    const parts = Array.from({ length: Math.max(1, secret.length - 9) }, (_, at) => secret.slice(at, at + 10));
    return parts.filter((part) => haystacks.some((haystack) => haystack.includes(part)));
  });
}

const failures: Readonly<Record<string, readonly [path: string, status: number]>> = {
  'a registration that is refused': ['/watchers', 422],
  'a registration that fails': ['/watchers', 500],
  'a login that is refused': ['/login', 400],
  'a login that fails': ['/login', 500],
  'a login that is forbidden': ['/login', 403],
  'a stream that fails': ['/decisions/stream?startup=true', 500],
  'a stream that is not JSON': ['/decisions/stream?startup=true', 200],
  'signals that are refused': ['/signals', 400],
  'signals that are unauthorized': ['/signals', 401],
  'an enrollment that is refused': ['/enroll', 403],
};

describe.concurrent.each(Object.entries(failures))('%s', (_, [path, status]) => {
  it.each(Object.entries(QUOTES))('says no secret when the server quotes the request: %s', async (__, quote) => {
    await using here = await place();
    const { server, stateDir } = here;
    server.echoes.set(path, status);
    server.quote = quote;
    const said = await allThatIsSaid(server, { stateDir });
    expect(server.secrets.size).toBeGreaterThan(0);
    expect(found(said, [...server.secrets, 'k3yOfTheConsole1234567890'])).toEqual([]);
  });
});

describe.concurrent('a login answer that is not clean', () => {
  it.each<[string, EchoServer['login']]>([
    ['cut off', (body) => ({ status: 200, body: body.slice(0, -30) })],
    ['with the trailer of a proxy', (body) => ({ status: 200, body: `${body}\n<!-- proxy -->` })],
    ['with something before it', (body) => ({ status: 200, body: `)]}',\n${body}` })],
    ['doubled', (body) => ({ status: 200, body: body + body })],
    ['within a string', (body) => ({ status: 200, body: JSON.stringify(body) })],
    ['with the status 500', (body) => ({ status: 500, body })],
    ['with the status 500, cut off', (body) => ({ status: 500, body: body.slice(0, -30) })],
    ['without an expiry', (body) => ({ status: 200, body: body.replace('expire', 'expires') })],
  ])('is not quoted with its token: %s', async (_, login) => {
    await using here = await place();
    const { server, stateDir } = here;
    server.login = login;
    const said = await allThatIsSaid(server, { stateDir });
    expect([...server.secrets].filter((secret) => secret.startsWith('eyJ'))).not.toEqual([]);
    expect(found(said, server.secrets)).toEqual([]);
  });
});

it('says no part of the credentials that were given', async () => {
  await using here = await place();
  const { server, stateDir } = here;
  const password = 'p"a\\s/s+w&o<r>d 0123456789 abcdef';
  server.echoes.set('/login', 400);
  server.echoes.set('/watchers', 422);
  const credentials = { machineId: 'a'.repeat(48), password };
  for (const quote of Object.values(QUOTES)) {
    server.quote = quote;
    const state = join(stateDir, String(Math.random()));
    expect(found(await allThatIsSaid(server, { credentials, stateDir: state }), [password])).toEqual([]);
  }
});

it('says no secret that a storage adapter quotes', async () => {
  await using here = await place();
  const { server, stateDir } = here;
  const values = new Map<string, unknown>();
  const quoting = (key: string): never => {
    const error = new Error(`could not handle ${key}: ${String(values.get(key))}`, { cause: { values: [...values] } });
    throw Object.assign(error, { values: [...values.values()] });
  };
  let broken = false;
  const adapter = {
    opts: {},
    get: async (key: string) => (broken ? quoting(key) : values.get(key)),
    set: async (key: string, value: unknown) => {
      values.set(key, value);
      return broken ? quoting(key) : true;
    },
    delete: async (key: string) => values.delete(key),
    clear: async () => values.clear(),
  };
  const options = { stateDir, store: new Keyv({ store: adapter as never }), namespace: 'test' };
  await allThatIsSaid(server, options);
  broken = true;
  const said = await allThatIsSaid(server, {
    ...options,
    store: new Keyv({ store: adapter as never, throwOnErrors: true }),
  });
  expect(server.secrets.size).toBeGreaterThan(1);
  expect(said).toContain('could not handle');
  expect(found(said, server.secrets)).toEqual([]);
});

it('shows list URLs without user and query', async () => {
  await using here = await place();
  const { server, stateDir } = here;
  const listServer = createServer((request, response) => {
    response.writeHead(request.url?.startsWith('/moved') ? 302 : 500, {
      location: `${request.url ?? ''}&again=t0psecret`,
    });
    response.end(`no ${request.url ?? ''}`);
  });
  await new Promise<void>((resolve) => listServer.listen(0, '127.0.0.1', resolve));
  const at = `127.0.0.1:${(listServer.address() as AddressInfo).port}`;
  const link = (name: string, url: string): object => ({ name, url, remediation: 'ban', scope: 'ip', duration: '24h' });
  const links = [
    link('with-user', `http://us3rn4me-0123456789:p4ssw0rd@${at}/list`),
    link('with-query', `http://${at}/list?token=t0psecret&x=1`),
    link('moved', `http://${at}/moved?signature=t0psecret`),
    link('refused', `http://127.0.0.1:1/list?sig=t0psecret`),
    link('not-a-url', `http://me:p4ssw0rd@[bad/list?sig=t0psecret`),
    link('odd', `gopher://me:p4ssw0rd@host/list?sig=t0psecret`),
  ];
  server.quote = () => JSON.stringify({ new: [], deleted: [], links: { blocklists: links } });
  server.echoes.set('/decisions/stream?startup=true', 200);
  const fetchThatQuotes: typeof fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : input.toString();
    if (url.includes('127.0.0.1:1/')) throw new Error(`GET ${url} (/list?sig=t0psecret) failed`);
    return fetch(input, init);
  };
  for (const options of [{}, { fetch: fetchThatQuotes }]) {
    const said = await allThatIsSaid(server, { ...options, stateDir: join(stateDir, String(Math.random())) });
    expect(said).toContain('LIST_FAILED');
    expect(said).not.toMatch(/t0psecret|p4ssw0rd|us3rn4me/);
  }
  listServer.closeAllConnections();
  await new Promise((resolve) => listServer.close(resolve));
});
