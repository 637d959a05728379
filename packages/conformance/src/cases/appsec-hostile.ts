import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { answering, askingAppsec, appsecHeader } from '../appsec-call.js';
import { ask } from '../ask.js';
import { rawExchange, statusesIn } from '../raw-exchange.js';
import type { Subject } from '../suite.js';
import { CLEAN } from '../test-environment.js';
import { visit } from '../visit.js';

const HEAD = `host: shop.example\r\nx-forwarded-for: ${CLEAN}\r\n`;

/** What clients do to keep AppSec from seeing what the application sees. */
export function appsecHostileCases({ host, environment }: Subject): void {
  it('tells AppSec what it knows itself, whatever a client says in its place', async () => {
    const running = await environment().host(askingAppsec(environment()));
    const calls = answering(environment());
    const hidden = gzipSync('q=attackword');
    await rawExchange(running, [
      `POST /order HTTP/1.1\r\n${HEAD}X-CROWDSEC-appsec-ip: 198.51.100.1\r\nx-crowdsec-appsec-ip: 198.51.100.2\r\n` +
        `X-Crowdsec-Appsec-Api-Key: stolen\r\nX-Crowdsec-Appsec-Transaction-Id: t\r\nx-secret: 1\r\n` +
        `Connection: close, X-Secret, Content-Type\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n` +
        `Content-Type: application/x-www-form-urlencoded\r\nContent-Encoding: gzip\r\n\r\n`,
      Buffer.concat([Buffer.from(`${hidden.length.toString(16)}\r\n`), hidden, Buffer.from('\r\n0\r\n\r\n')]),
    ]);
    const [call] = calls();
    expect(call).toBeDefined();
    if (call === undefined) return;
    expect(appsecHeader(call, 'ip')).toBe(CLEAN);
    expect(appsecHeader(call, 'host')).toBe('shop.example');
    const names = call.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    expect(names.filter((name) => name.startsWith('x-crowdsec-appsec-')).sort()).toEqual(
      ['api-key', 'host', 'http-version', 'ip', 'uri', 'verb'].map((name) => `x-crowdsec-appsec-${name}`),
    );
    for (const name of ['te', 'transfer-encoding', 'content-encoding']) expect(names).not.toContain(name);
    expect(names).toContain('x-secret');
    expect(call.body).toBe('q=attackword');
    expect(call.headers).toMatchObject({
      'content-length': '12',
      'content-type': 'application/x-www-form-urlencoded',
    });
  });

  it.each([
    ['a broken escape in the path', '/%zz/.env', '/%25zz/.env'],
    ['one at the end of the path', '/.env%', '/.env%25'],
    ['one in the query, which does no harm', '/hello?x=%zz', '/hello?x=%zz'],
    ['two slashes', '//evil/.env', '/.//evil/.env'],
    ['a name between two slashes and one', '//.env/x', '/.//.env/x'],
    ['what some routers take for a query', '/hello#x=/.env', '/hello?x=/.env'],
    ['a query that goes on behind a fragment', '/hello?x=1#&y=/.env', '/hello?x=1%23&y=/.env'],
    ['two slashes and no host behind them', '//a:b/.env', '/.//a:b/.env'],
    ['another site', 'http://shop.example/.env', 'http://shop.example/.env'],
  ])('has AppSec look at %s', async (_, target, uri) => {
    const running = await environment().host(askingAppsec(environment()));
    const calls = answering(environment(), (call) => ({
      action: /\/\.env\b/.test(appsecHeader(call, 'uri') ?? '') ? 'ban' : 'allow',
    }));
    const answer = await rawExchange(running, [`GET ${target} HTTP/1.1\r\n${HEAD}connection: close\r\n\r\n`]);
    // Some frameworks refuse such targets themselves, before anybody is asked.
    if (calls().length === 0) expect(statusesIn(answer)[0]).not.toBe(200);
    else expect(calls().map((call) => appsecHeader(call, 'uri'))).toEqual([uri]);
    if (target.includes('.env')) expect(statusesIn(answer)[0]).not.toBe(200);
  });

  it('survives uploads whose clients go away, and goes on serving others', async () => {
    const running = await environment().host(askingAppsec(environment(), { onFailure: { abortedUpload: 'block' } }));
    const calls = answering(environment());
    const ordered = Number((await ask(running, '/orders')).text);
    for (let i = 0; i < 5; i++) {
      const half = `POST /order HTTP/1.1\r\n${HEAD}content-type: application/json\r\ncontent-length: 100\r\n\r\n{"a":`;
      await abandoned(running.port, half);
    }
    await expect.poll(async () => (await ask(running, '/hello')).status).toBe(200);
    expect(Number((await ask(running, '/orders')).text)).toBe(ordered);
    expect(calls().every((call) => appsecHeader(call, 'verb') === 'GET')).toBe(true);
  });

  it('survives uploads that are answered by what came of them, although their clients went away', async () => {
    const running = await environment().host(askingAppsec(environment()));
    const calls = answering(environment());
    const half = `POST /echo HTTP/1.1\r\n${HEAD}content-type: application/octet-stream\r\ncontent-length: 100\r\n\r\nhalf of it`;
    for (let i = 0; i < 5; i++) await endedEarly(running.port, half);
    // Nothing was asked about them, and those that come after them are served.
    await expect.poll(async () => (await ask(running, '/hello')).status).toBe(200);
    expect(
      (await visit(running, CLEAN, '/echo', 'post').type('application/octet-stream').send('all of it')).status,
    ).toBe(200);
    expect(calls().filter(({ body }) => body.includes('half'))).toEqual([]);
  });

  it('serves requests that come in one piece on one connection, each with its own body', async () => {
    const running = await environment().host(askingAppsec(environment()));
    answering(environment(), ({ body }) => ({ action: body.includes('bad') ? 'ban' : 'allow' }));
    const order = (body: string, more = ''): string =>
      `POST /order HTTP/1.1\r\n${HEAD}${more}content-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const answers = await rawExchange(running, [
      order('good') + order('bad') + order('good') + order('bad', 'connection: close\r\n'),
    ]);
    expect(statusesIn(answers)).toEqual([200, 403, 200, 403]);
  });

  it('has the client of `Expect: 100-continue` send its body', async () => {
    const running = await environment().host(askingAppsec(environment()));
    const calls = answering(environment());
    const head = `POST /order HTTP/1.1\r\n${HEAD}expect: 100-continue\r\ncontent-type: text/plain\r\ncontent-length: 5\r\nconnection: close\r\n\r\n`;
    const answer = await rawExchange(running, [head, 'hello'], (text) => text.includes('100 Continue'));
    // Not its reason, which HTTP leaves to the server.
    expect(statusesIn(answer)).toEqual([100, 200]);
    expect(calls()[0]?.body).toBe('hello');
    expect(calls()[0]?.headers).not.toHaveProperty('expect');
  });

  it('shows AppSec the body of a GET, and asks about HEAD and OPTIONS', async () => {
    const running = await environment().host(askingAppsec(environment()));
    const calls = answering(environment());
    await rawExchange(running, [
      `GET /hello HTTP/1.1\r\n${HEAD}content-type: text/plain\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello`,
    ]);
    await visit(running, CLEAN, '/hello', 'head').expect(200);
    await visit(running, CLEAN, '/hello', 'options');
    expect(calls().map((call) => [call.method, appsecHeader(call, 'verb'), call.body])).toEqual([
      ['POST', 'GET', 'hello'],
      ['GET', 'HEAD', ''],
      ['GET', 'OPTIONS', ''],
    ]);
  });

  it('keeps a connection usable when AppSec refuses an upload', async () => {
    const running = await environment().host(askingAppsec(environment(), { maxBodyBytes: 1_000 }));
    answering(environment(), (call) => ({ action: appsecHeader(call, 'verb') === 'POST' ? 'ban' : 'allow' }));
    const upload = 'x'.repeat(300_000);
    const answers = await rawExchange(running, [
      `POST /order HTTP/1.1\r\n${HEAD}content-type: text/plain\r\ncontent-length: ${upload.length}\r\n\r\n${upload}` +
        `GET /hello HTTP/1.1\r\n${HEAD}connection: close\r\n\r\n`,
    ]);
    expect(statusesIn(answers)).toEqual([403, 200]);
  });

  if (!host.functions) return;

  it('asks about a request that wants another protocol, without what is said of that', async () => {
    const running = await environment().host(askingAppsec(environment()));
    const calls = answering(environment());
    const answer = await rawExchange(running, [
      `GET /hello HTTP/1.1\r\n${HEAD}connection: close, upgrade\r\nupgrade: h2c\r\nhttp2-settings: AAA\r\n\r\n`,
    ]);
    expect(statusesIn(answer)).toEqual([200]);
    expect(calls()[0]?.headers).not.toHaveProperty('upgrade');
  });
}

/** Sends half a request and goes away once it has arrived. */
async function abandoned(port: number, half: string): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await new Promise<void>((resolve) => socket.write(half, () => resolve()));
  socket.resetAndDestroy();
}

/** Sends half a request and says that this was all: other than after a reset, the server has read what came. */
async function endedEarly(port: number, half: string): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.resume().end(half);
  await new Promise((resolve) => socket.once('close', resolve));
}
