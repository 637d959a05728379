import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { capiTestEnvironment, type CapiTestEnvironment } from '../../test/capi-test-environment.js';
import { EventLoopYielder } from '../decisions/event-loop-yielder.js';
import { SkipCount } from '../decisions/decision-delta.js';
import { blocklistParser } from '../decisions/list-parser.js';
import { RowSet } from '../decisions/row-set.js';
import { downloadList } from '../sources/download-list.js';
import { defaultFetch } from './default-fetch.js';
import { type ProxySettings, proxySettings } from '../http/proxy-settings.js';
import { Transport } from './transport.js';

const STREAM = '/v3/decisions/stream';

let environment: CapiTestEnvironment;
const servers: Server[] = [];
beforeEach(async () => {
  environment = await capiTestEnvironment();
});
afterEach(async () => {
  await environment[Symbol.asyncDispose]();
  for (const server of servers.splice(0)) server.close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const transportTo = (root: string): Transport =>
  new Transport({ root, userAgent: 'csnodecapi/v0.0.1', fetch: globalThis.fetch });
const get = { method: 'GET', path: STREAM, timeoutMs: 20_000 } as const;

describe('a call', () => {
  it('is retried when CAPI is busy or cuts the line, if it reads', async () => {
    const { client } = environment.process();
    environment.sandbox.faults.add({ path: STREAM, status: 503 });
    environment.sandbox.faults.add({ path: STREAM, cut: 'before' });
    await client.getStreamDecisions();
    expect(environment.count(STREAM)).toBe(3);
  });

  it('waits for as long as Retry-After asks', async () => {
    const { client } = environment.process();
    environment.sandbox.faults.add({ path: STREAM, status: 429, headers: { 'retry-after': '2' } });
    const startedAt = performance.now();
    await client.getStreamDecisions();
    expect(performance.now() - startedAt).toBeGreaterThan(1_900);
  });

  it('is not retried when it sends signals', async () => {
    const { client } = environment.process();
    environment.sandbox.faults.add({ path: '/v3/signals', status: 503, times: Infinity });
    await expect(client.pushSignals([{ uuid: 'u' } as never])).rejects.toMatchObject({ status: 503 });
    expect(environment.count('/v3/signals')).toBe(1);
    await expect(client.pushSignals(Array.from({ length: 251 }, () => ({ uuid: 'u' }) as never))).rejects.toMatchObject(
      {
        code: 'CROWDSEC_OPTION_INVALID',
      },
    );
  });

  it('is repeated once with a fresh token after a 401', async () => {
    const { client } = environment.process();
    environment.sandbox.faults.add({ path: STREAM, status: 401 });
    await client.getStreamDecisions();
    expect(environment.count('/v3/watchers/login')).toBe(2);
    expect(environment.count(STREAM)).toBe(2);
  });

  it('leaves as soon as its last step is done, with its token at hand, and not when that fails', async () => {
    const { client } = environment.process();
    const seen: string[][] = [];
    const beforeCall = (): Promise<void> => Promise.resolve(void seen.push(environment.paths()));
    environment.sandbox.faults.add({ path: STREAM, status: 503 });
    await client.getStreamDecisions({ beforeCall });
    await client.pushSignals([{ uuid: 'u' } as never], { beforeCall }).catch(() => undefined);
    const before = environment.paths();
    expect(before.slice(-3)).toEqual([STREAM, STREAM, '/v3/signals']);
    // Each try of the stream, and the one of the signals.
    expect(seen).toEqual([-3, -2, -1].map((end) => before.slice(0, end)));
    const lost = (): Promise<void> => Promise.reject(new Error('the turn is lost'));
    await expect(client.getStreamDecisions({ beforeCall: lost })).rejects.toThrow('the turn is lost');
    await expect(client.pushSignals([{ uuid: 'u' } as never], { beforeCall: lost })).rejects.toThrow('lost');
    expect(environment.paths()).toEqual(before);
  });

  it('pushes metrics', async () => {
    await environment.process().client.pushMetrics({ bouncers: [], machines: [{ name: 'm', version: 'v1.0.0' }] });
    expect(environment.count('/v3/metrics/')).toBe(1);
  });
});

describe('an answer', () => {
  it.each([
    [204, ''],
    [200, ''],
    [202, '{}'],
  ])('of %i with the body "%s" is a success', async (status, body) => {
    const root = await serve((_request, response) => response.writeHead(status).end(body));
    expect((await transportTo(root).send(get)).status).toBe(status);
  });

  it.each([
    ['{"message":"no","errors":"detail"}', 'no – detail'],
    ['<h1>nope</h1>\n', '<h1>nope</h1>'],
    ['', 'was answered 500'],
    ['x'.repeat(5_000), '…'],
  ])('that is an error is quoted, whatever its type', async (body, quoted) => {
    const root = await serve((_request, response) => response.writeHead(500).end(body));
    const error = await transportTo(root)
      .send(get)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'CROWDSEC_API_STATUS',
      status: 500,
      message: expect.stringContaining(quoted) as string,
    });
    expect((error as Error).message.length).toBeLessThan(400);
  });

  it('that is no JSON is an error', async () => {
    const root = await serve((_request, response) => response.end('<html>'));
    await expect(transportTo(root).send(get)).rejects.toMatchObject({ code: 'CROWDSEC_API_MALFORMED' });
  });

  it('that redirects is not followed: the token goes to CAPI only', async () => {
    let leaked = 0;
    const elsewhere = await serve((_request, response) => {
      leaked += 1;
      response.end('{}');
    });
    const root = await serve((_request, response) => response.writeHead(302, { location: elsewhere }).end());
    await expect(transportTo(root).send({ ...get, token: 'jwt' })).rejects.toMatchObject({
      code: 'CROWDSEC_API_STATUS',
      status: 302,
    });
    expect(leaked).toBe(0);
  });

  it('that does not come is given up after the time-out, also in the middle of a body', async () => {
    const root = await serve((_request, response) => void response.write('{"new":['));
    await expect(transportTo(root).send({ ...get, timeoutMs: 500 })).rejects.toMatchObject({
      code: 'CROWDSEC_API_UNREACHABLE',
      message: expect.stringContaining('no answer within 500 ms') as string,
    });
  });

  it('of nobody names the reason', async () => {
    const root = await serve(() => undefined);
    const closed = new Promise((resolve) => servers.at(-1)!.close(resolve));
    await closed;
    await expect(transportTo(root).send(get)).rejects.toMatchObject({
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });
});

describe('the built-in fetch', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('goes through the proxy that the environment names, except where it says not to', async () => {
    const tunnels: string[] = [];
    const root = await serve((_request, response) => response.end('{}'));
    const proxy = await serve(() => undefined);
    servers.at(-1)!.on('connect', (request, socket) => {
      tunnels.push(request.url ?? '');
      const [host, port] = (request.url ?? '').split(':');
      const upstream = connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      upstream.pipe(socket).pipe(upstream);
    });
    vi.stubEnv('HTTP_PROXY', proxy);
    const through = defaultFetch();
    expect((await through.fetch(root)).status).toBe(200);
    expect(tunnels).toEqual([root.slice('http://'.length)]);
    await through.close();

    vi.stubEnv('NO_PROXY', '127.0.0.1');
    const direct = defaultFetch();
    expect((await direct.fetch(root)).status).toBe(200);
    expect(tunnels).toHaveLength(1);
    await direct.close();
  });
});

describe('the proxy that the environment names', () => {
  const settings = (environment: Record<string, string>): { proxies: ProxySettings; warnings: string[] } => {
    const warnings: string[] = [];
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const built = defaultFetch((message) => warnings.push(message));
    void built.close();
    vi.unstubAllEnvs();
    return { proxies: proxySettings(environment, () => undefined), warnings };
  };

  it.each([
    [{ HTTPS_PROXY: 'proxy.corp:3128' }, { httpsProxy: 'http://proxy.corp:3128/' }],
    [{ HTTPS_PROXY: '10.0.0.1' }, { httpsProxy: 'http://10.0.0.1/' }],
    [{ https_proxy: ' [2001:db8::1]:3128 ' }, { httpsProxy: 'http://[2001:db8::1]:3128/' }],
    [{ HTTPS_PROXY: 'user:pw@proxy.corp:3128' }, { httpsProxy: 'http://user:pw@proxy.corp:3128/' }],
    [{ HTTP_PROXY: 'HTTP://Proxy.Corp:80' }, { httpProxy: 'http://proxy.corp/' }],
    [{ HTTP_PROXY: 'proxy.corp:80/path?x=1#y' }, { httpProxy: 'http://proxy.corp/' }],
    [
      { HTTPS_PROXY: '"http://proxy.corp:3128"', HTTP_PROXY: "'proxy.corp:3128'" },
      { httpsProxy: 'http://proxy.corp:3128/', httpProxy: 'http://proxy.corp:3128/' },
    ],
    [{ HTTPS_PROXY: '', HTTP_PROXY: '  ' }, {}],
    [{ https_proxy: '', HTTPS_PROXY: 'http://proxy.corp' }, {}],
  ])('may lack a scheme or be blank: %o', (environment, wanted) => {
    const { proxies, warnings } = settings(environment);
    expect(proxies).toEqual(wanted);
    expect(warnings).toEqual([]);
  });

  it.each([
    [{ HTTPS_PROXY: 'socks5://me:s3cretpw@proxy.corp:1080' }, 'SOCKS proxies are not supported'],
    [{ HTTP_PROXY: 'SOCKS4a://proxy.corp' }, 'SOCKS proxies are not supported'],
    [{ ALL_PROXY: 'socks5h://proxy.corp:1080' }, 'ALL_PROXY is not honoured'],
    [{ HTTPS_PROXY: 'ftp://proxy.corp' }, 'ftp: are not supported'],
    [{ HTTP_PROXY: 'http://' }, 'HTTP_PROXY is ignored'],
    [{ HTTPS_PROXY: '::1:3128' }, 'HTTPS_PROXY is ignored'],
    [{ HTTPS_PROXY: 'proxy.corp:99999' }, 'HTTPS_PROXY is ignored'],
    [{ HTTPS_PROXY: 'http://us%er:s3cretpw@proxy.corp' }, 'HTTPS_PROXY is ignored'],
    [{ HTTPS_PROXY: 'a b' }, 'HTTPS_PROXY is ignored'],
    [{ HTTPS_PROXY: '"http://u:s3cretpw@proxy.corp' }, 'HTTPS_PROXY is ignored'],
    [{ HTTPS_PROXY: 'http:/u:s3cretpw@proxy.corp' }, 'HTTPS_PROXY is ignored'],
    [{ HTTPS_PROXY: 'https//u:s3cretpw@proxy.corp' }, 'HTTPS_PROXY is ignored'],
    [{ HTTP_PROXY: '/run/proxy.sock' }, 'HTTP_PROXY is ignored'],
    [{ HTTP_PROXY: 'http://ok.corp', HTTPS_PROXY: '<off>' }, 'HTTPS_PROXY is ignored'],
  ])('is told once and left out when it can not be used: %o', (environment, warning) => {
    const { warnings } = settings(environment);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
    expect(warnings.join()).not.toContain('s3cretpw');
  });
});

describe('the size of an answer', () => {
  /** Sends so many bytes, unless it is cut off; tells how many left. */
  async function flood(status: number, begin: string, unit: string): Promise<{ root: string; sent: () => number }> {
    let sent = 0;
    const root = await serve((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.write(begin);
      const chunk = Buffer.from(unit.repeat(65_536 / unit.length));
      const more = (): void => {
        while (sent < 200 * 1024 * 1024 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    return { root, sent: () => sent };
  }

  it('is limited by what its endpoint answers', async () => {
    for (const path of ['/v3/watchers/login', '/v3/watchers', '/v3/signals', '/v3/metrics/', '/v3/watchers/enroll']) {
      const { root, sent } = await flood(200, '{"token":"', 'a');
      await expect(transportTo(root).send({ method: 'POST', path, body: {}, timeoutMs: 20_000 })).rejects.toMatchObject(
        {
          code: 'CROWDSEC_API_MALFORMED',
          message: expect.stringContaining('more than 65536 bytes'),
        },
      );
      expect(sent()).toBeLessThan(20 * 1024 * 1024);
    }
  });

  it('may be megabytes for decisions, and is limited there, too', async () => {
    const { root } = await flood(200, '[', ' ');
    const stream = transportTo(root).send({ ...get, answer: 'text', maxBytes: 8 * 1024 * 1024 });
    await expect(stream).rejects.toMatchObject({ code: 'CROWDSEC_API_MALFORMED' });
  });

  it.each([
    ['text', 'x'],
    ['nested JSON', '['],
    ['one long member', 'a'],
  ])('is not waited for when it is an error: %s', async (_, unit) => {
    const { root, sent } = await flood(500, '{"message":', unit);
    const call = transportTo(root).send(get);
    await expect(call).rejects.toMatchObject({ code: 'CROWDSEC_API_STATUS', status: 500 });
    expect(sent()).toBeLessThan(20 * 1024 * 1024);
  });

  it.each([
    ['gzip', (data: Buffer) => gzipSync(data, { level: constants.Z_BEST_SPEED })],
    ['br', (data: Buffer) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ['deflate', (data: Buffer) => deflateSync(data, { level: constants.Z_BEST_SPEED })],
    ['gzip, br', (data: Buffer) => brotliCompressSync(gzipSync(data, { level: constants.Z_BEST_SPEED }))],
  ])('counts after decompression: %s', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(100 * 1024 * 1024, ' '));
    const root = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(bomb),
    );
    for (const fetch of [globalThis.fetch, defaultFetch().fetch]) {
      const transport = new Transport({ root, userAgent: 'csnodecapi/v0.0.1', fetch });
      const call = transport.send({ ...get, maxBytes: 1024 * 1024, answer: 'text' });
      await expect(call).rejects.toMatchObject({ message: expect.stringContaining('more than 1048576 bytes') });
      const list = await downloadList({
        url: root,
        since: undefined,
        parser: blocklistParser({ kind: 'address', rows: new RowSet(), skipped: new SkipCount(), source: 0, until: 0 }),
        allowHttp: true,
        limits: { maxBytes: 1024 * 1024, maxEntries: 1_000, timeoutMs: 20_000, concurrency: 1 },
        fetch,
        signal: new AbortController().signal,
        yielder: new EventLoopYielder(),
      });
      expect(list).toMatchObject({ status: 'failed', error: `longer than 1048576 bytes (${root})` });
    }
  });
});
