import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { endpointFetch } from '../http/dispatcher.js';
import { parseEndpoint } from '../http/endpoint.js';
import { Secret } from '../secret.js';
import { LapiTransport } from './transport.js';
import { lapiUserAgent } from './user-agent.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function transportTo(url: string, apiKey?: string): LapiTransport {
  const endpoint = parseEndpoint(url, 'options.lapi.url', 'v1');
  const { fetch, close } = endpointFetch(endpoint);
  closing.push(close);
  return new LapiTransport({
    endpoint,
    userAgent: lapiUserAgent({ suffix: 'Shop' }),
    fetch,
    ...(apiKey === undefined ? {} : { apiKey: new Secret(apiKey) }),
  });
}

async function sandboxWith(lapi: true | { socket: string }): Promise<Sandbox> {
  const sandbox = await startSandbox({ lapi });
  closing.push(() => sandbox.stop());
  return sandbox;
}

/** A server that answers as told, and its URL. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const pull = { method: 'GET', path: '/v1/decisions/stream', query: { startup: 'true' }, timeoutMs: 5_000 } as const;

describe('the transport to LAPI', () => {
  it('sends the key, and a user agent of exactly two parts that no engine has', async () => {
    const { lapi } = await sandboxWith(true);
    const transport = transportTo(lapi!.url, lapi!.addBouncer('shop'));
    expect(await transport.send(pull)).toEqual({ status: 200, body: { new: [], deleted: [] } });
    expect(lapi!.bouncers).toMatchObject([{ name: 'shop', type: 'crowdsec-sdk-node-bouncer_Shop' }]);
    expect(lapiUserAgent({ version: 'v1.2.3' })).toBe('crowdsec-sdk-node-bouncer/v1.2.3');
  });

  it('speaks over a unix socket, named by unix: or by its plain path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lapi-'));
    closing.push(() => rm(folder, { recursive: true }));
    const socket = join(folder, 'lapi.sock');
    const { lapi } = await sandboxWith({ socket });
    const key = lapi!.addBouncer('shop');
    for (const url of [`unix:${socket}`, `unix://${socket}`, socket])
      expect((await transportTo(url, key).send(pull)).status).toBe(200);
  });

  it('keeps the path prefix of a reverse proxy, with or without a slash at its end', async () => {
    const seen: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      seen.push(request.url);
      response.end('null');
    });
    await transportTo(`${url}/crowdsec/`).send(pull);
    await transportTo(`${url}/crowdsec`).send({ ...pull, query: { scopes: 'ip,range', startup: undefined } });
    expect(seen).toEqual([
      '/crowdsec/v1/decisions/stream?startup=true',
      '/crowdsec/v1/decisions/stream?scopes=ip%2Crange',
    ]);
  });

  it('says what LAPI said, with the status', async () => {
    const { lapi } = await sandboxWith(true);
    await expect(transportTo(lapi!.url, 'wrong-key-of-nobody').send(pull)).rejects.toMatchObject({
      code: 'CROWDSEC_API_STATUS',
      status: 403,
      message: `GET /v1/decisions/stream was answered 403: access forbidden (${lapi!.url})`,
    });
  });

  it('names the address when there is nothing behind it, and never the key', async () => {
    const key = 'c2VjcmV0LWtleS1vZi10aGUtc2hvcC1ib3VuY2Vy0';
    const failure = await transportTo('http://127.0.0.1:9/prefix', key)
      .send(pull)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'CROWDSEC_API_UNREACHABLE' });
    expect(String(failure)).toContain('http://127.0.0.1:9/prefix');
    expect(String(failure)).not.toContain(key);
  });

  it('repeats a call once when LAPI closed the connection before it answered, and no call that may have done its work', async () => {
    let calls = 0;
    const url = await serve((request, response) => {
      if (++calls % 2 === 1) request.socket.destroy();
      else response.end('{}');
    });
    const transport = transportTo(url);
    expect((await transport.send(pull)).status).toBe(200);
    expect(calls).toBe(2);
    const post = { method: 'POST', path: '/v1/alerts', body: [], timeoutMs: 5_000 } as const;
    await expect(transport.send(post)).rejects.toMatchObject({ code: 'CROWDSEC_API_UNREACHABLE' });
    expect(calls).toBe(3);
  });

  it('does not repeat a call whose connection is closed within the answer', async () => {
    let calls = 0;
    const url = await serve((request, response) => {
      calls += 1;
      response.write('{"new": [');
      setImmediate(() => request.socket.destroy());
    });
    await expect(transportTo(url).send(pull)).rejects.toMatchObject({ code: 'CROWDSEC_API_UNREACHABLE' });
    expect(calls).toBe(1);
  });

  it('gives up when the answer takes too long, be it its head or its body', async () => {
    const url = await serve((request, response) => {
      if (request.url?.includes('startup') === true) response.write('{"new": [');
    });
    const timeoutMs = 100;
    await expect(transportTo(url).send({ ...pull, timeoutMs })).rejects.toThrow('no answer within 100 ms');
    await expect(transportTo(url).send({ ...pull, query: {}, timeoutMs })).rejects.toThrow('no answer within 100 ms');
  });

  it('follows no redirect and takes no answer beyond its limit', async () => {
    const url = await serve((request, response) => {
      if (request.url?.includes('startup') === true) response.end(' '.repeat(2_000));
      else response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();
    });
    await expect(transportTo(url).send({ ...pull, query: {} })).rejects.toMatchObject({ status: 302 });
    await expect(transportTo(url).send({ ...pull, maxBytes: 1_000 })).rejects.toMatchObject({
      code: 'CROWDSEC_API_MALFORMED',
    });
  });
});

describe.skipIf(spawnSync('openssl', ['version']).status !== 0)('a client certificate (needs openssl)', () => {
  it('is shown in place of a key, to a server that is believed by its authority alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lapi-tls-'));
    closing.push(() => rm(folder, { recursive: true }));
    const subject = ['-subj', '/OU=bouncers/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      ...subject,
    ];
    execFileSync('openssl', [...made, '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')], {
      stdio: 'ignore',
    });
    const [key, cert] = [
      await readFile(join(folder, 'key.pem'), 'utf8'),
      await readFile(join(folder, 'cert.pem'), 'utf8'),
    ];
    const seen: unknown[] = [];
    const server = createTlsServer(
      { key, cert, ca: cert, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        seen.push(request.headers['x-api-key']);
        response.end('null');
      },
    );
    server.on('secureConnection', (socket) => seen.push(socket.getPeerCertificate().subject?.OU));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => server.close());
    const endpoint = parseEndpoint(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, 'url');
    const transportWith = (tls: { cert?: string; key?: string; ca?: string }): LapiTransport => {
      const { fetch, close } = endpointFetch(endpoint, { tls });
      closing.push(close);
      return new LapiTransport({ endpoint, userAgent: lapiUserAgent(), fetch });
    };
    expect((await transportWith({ cert, key, ca: cert }).send(pull)).status).toBe(200);
    expect(seen).toEqual(['bouncers', undefined]);
    await expect(transportWith({ cert, key }).send(pull)).rejects.toThrow(/self-signed certificate/);
  });
});

describe('the address of LAPI', () => {
  it.each([
    ['ftp://127.0.0.1', 'must be an http, https or unix URL'],
    ['127.0.0.1:8080', 'must be'],
    ['unix:run/crowdsec.sock', 'absolute path'],
    ['http://user:pass@127.0.0.1:8080', 'must not contain a user'],
    ['http://127.0.0.1:8080/?a=b', 'must not contain a query'],
    ['http://127.0.0.1:8080/v1/', 'must end before /v1'],
  ])('is refused when it is %s', (url, why) => {
    expect(() => parseEndpoint(url, 'options.lapi.url', 'v1')).toThrow(why);
  });
});
