import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capiWorld, type CapiWorld } from '../../test/capi-world.js';
import { defaultFetch } from './default-fetch.js';
import { Transport } from './transport.js';

const STREAM = '/v3/decisions/stream';

let world: CapiWorld;
const servers: Server[] = [];
beforeEach(async () => {
  world = await capiWorld();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
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
const get = { method: 'GET', path: STREAM, timeoutMs: 500 } as const;

describe('a call', () => {
  it('is retried when CAPI is busy or cuts the line, if it reads', async () => {
    const { client } = world.process();
    world.sandbox.faults.add({ path: STREAM, status: 503 });
    world.sandbox.faults.add({ path: STREAM, cut: 'before' });
    await client.getStreamDecisions();
    expect(world.count(STREAM)).toBe(3);
  });

  it('waits for as long as Retry-After asks', async () => {
    const { client } = world.process();
    world.sandbox.faults.add({ path: STREAM, status: 429, headers: { 'retry-after': '2' } });
    const startedAt = performance.now();
    await client.getStreamDecisions();
    expect(performance.now() - startedAt).toBeGreaterThan(1_900);
  });

  it('is not retried when it sends signals', async () => {
    const { client } = world.process();
    world.sandbox.faults.add({ path: '/v3/signals', status: 503, times: Infinity });
    await expect(client.pushSignals([{ uuid: 'u' } as never])).rejects.toMatchObject({ status: 503 });
    expect(world.count('/v3/signals')).toBe(1);
    await expect(client.pushSignals(Array.from({ length: 251 }, () => ({ uuid: 'u' }) as never))).rejects.toMatchObject(
      {
        code: 'CROWDSEC_OPTION_INVALID',
      },
    );
  });

  it('is repeated once with a fresh token after a 401', async () => {
    const { client } = world.process();
    world.sandbox.faults.add({ path: STREAM, status: 401 });
    await client.getStreamDecisions();
    expect(world.count('/v3/watchers/login')).toBe(2);
    expect(world.count(STREAM)).toBe(2);
  });

  it('pushes metrics', async () => {
    await world.process().client.pushMetrics({ bouncers: [], machines: [{ name: 'm', version: 'v1.0.0' }] });
    expect(world.count('/v3/metrics/')).toBe(1);
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
    await expect(transportTo(root).send(get)).rejects.toMatchObject({
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
    delete process.env.HTTP_PROXY;
    delete process.env.NO_PROXY;
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
    process.env.HTTP_PROXY = proxy;
    const through = defaultFetch();
    expect((await through.fetch(root)).status).toBe(200);
    expect(tunnels).toEqual([root.slice('http://'.length)]);
    await through.close();

    process.env.NO_PROXY = '127.0.0.1';
    const direct = defaultFetch();
    expect((await direct.fetch(root)).status).toBe(200);
    expect(tunnels).toHaveLength(1);
    await direct.close();
  });
});
