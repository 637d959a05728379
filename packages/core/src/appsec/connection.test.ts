import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectHttp2, createServer } from 'node:http2';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CERTIFICATE } from '../../test/certificate.js';
import { appsecTestEnvironment, KEY } from '../../test/appsec-test-environment.js';
import { nodeFacts } from '../bouncer/node-facts.js';
import { createCrowdsec } from '../index.js';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'crowdsec-appsec-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe('the connection to AppSec', () => {
  it('is a unix socket, by unix: or by its path', async () => {
    const socket = join(await folder(), 'appsec.sock');
    await using environment = await appsecTestEnvironment({ url: socket }, {}, { socket });
    expect((await environment.ask({ path: '/.env' })).status).toBe(403);
    expect(environment.appsec.url).toBe(`unix:${socket}`);
  });

  it('is TLS with an authority of its own, and fails without it', async () => {
    await using environment = await appsecTestEnvironment({ tls: { ca: CERTIFICATE.cert } }, {}, { tls: CERTIFICATE });
    expect((await environment.ask({ path: '/.env' })).status).toBe(403);
    await using distrusting = await appsecTestEnvironment({}, {}, { tls: CERTIFICATE });
    expect((await distrusting.ask({ path: '/.env' })).status).toBe(200);
    expect(distrusting.crowdsec.health().appsec?.failures.unreachable).toBe(1);
  });

  it('goes to the path that it listens on, to the letter', async () => {
    await using environment = await appsecTestEnvironment({}, {}, { path: '/waf' });
    expect((await environment.ask({ path: '/.env' })).status).toBe(403);
    expect(environment.appsec.calls[0]?.path).toBe('/waf');
    await using other = await appsecTestEnvironment({}, {}, { path: '/waf/' });
    expect((await other.ask({ path: '/.env' })).status).toBe(403);
  });

  it('takes its key from a file, without the line break at its end', async () => {
    const apiKeyFile = join(await folder(), 'key');
    await writeFile(apiKeyFile, `${KEY}\n`);
    await using environment = await appsecTestEnvironment({ apiKey: undefined, apiKeyFile });
    expect((await environment.ask({ path: '/.env' })).status).toBe(403);
  });

  it('is kept, and asked anew once when AppSec has closed it meanwhile', async () => {
    let connections = 0;
    let calls = 0;
    const server = createHttpServer((request, response) => {
      if (++calls === 2) request.socket.destroy();
      else response.end('{"action":"ban"}');
    }).on('connection', () => connections++);
    // Only what the second call does closes a connection, however long this process waits for its turn between two of them.
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await using environment = await appsecTestEnvironment({ url });
    for (let i = 0; i < 4; i++) expect([(await environment.ask()).status, environment.log]).toEqual([403, []]);
    expect({ calls, connections }).toEqual({ calls: 5, connections: 2 });
  });
});

describe('uploads', () => {
  it('of clients that go away are counted, and have the policy that is theirs', async () => {
    await using environment = await appsecTestEnvironment({ onFailure: { abortedUpload: 'block' } });
    const socket = connect(environment.port, '127.0.0.1').on('error', () => undefined);
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc');
    await expect.poll(() => environment.crowdsec.health().appsec?.asked).toBe(1);
    socket.resetAndDestroy();
    await expect.poll(() => environment.crowdsec.health().appsec?.failures.abortedUpload).toBe(1);
    expect(environment.handled).toEqual([]);
    expect(environment.appsec.calls).toEqual([]);
  });

  it('that pass although their client went away end in the error that the handler would have seen', async () => {
    await using environment = await appsecTestEnvironment();
    const socket = connect(environment.port, '127.0.0.1').on('error', () => undefined);
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc');
    await expect.poll(() => environment.crowdsec.health().appsec?.asked).toBe(1);
    socket.resetAndDestroy();
    await expect.poll(() => environment.handled).toEqual(['aborted']);
  });

  it('whose client went away, and whose handler destroys what came of them, show it nothing more', async () => {
    await using environment = await appsecTestEnvironment();
    const { bouncer } = environment.crowdsec;
    const read: string[] = [];
    const server = createHttpServer((request) => {
      void Promise.resolve(bouncer.inspect(nodeFacts(request)).settled).then(() => {
        request.on('close', () => read.push('close')).on('error', () => undefined);
        // As the cancelled stream of `Readable.toWeb` does, which throws when there is more.
        request.on('data', (chunk: Buffer) => read.push(chunk.toString())).destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc');
    await expect.poll(() => environment.crowdsec.health().appsec?.asked).toBe(1);
    socket.resetAndDestroy();
    await expect.poll(() => read).toEqual(['close']);
  });

  it('over HTTP/2 are shown and left intact', async () => {
    await using environment = await appsecTestEnvironment();
    const { bouncer } = environment.crowdsec;
    const server = createServer((request, response) => {
      const verdict = bouncer.inspect(nodeFacts(request));
      void Promise.resolve(verdict.settled).then(async () => response.end(await text(request)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(() => (client.destroy(), void server.close()));
    const body = 'x'.repeat(300_000);
    expect(await text(client.request({ ':method': 'POST', ':path': '/a?b' }).end(body))).toBe(body);
    expect(environment.appsec.calls[0]).toMatchObject({ body, headers: { 'x-crowdsec-appsec-http-version': '20' } });
    expect(await text(client.request({ ':path': '/' }))).toBe('');
  });

  it('over HTTP/2 that are refused end, although nobody has read them', async () => {
    await using environment = await appsecTestEnvironment({ maxBodyBytes: 1_000 });
    environment.appsec.answerWith(() => ({ action: 'ban' }));
    const { bouncer } = environment.crowdsec;
    const server = createServer((request, response) => {
      const verdict = bouncer.inspect(nodeFacts(request));
      void Promise.resolve(verdict.settled).then(() => response.end('refused'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(() => (client.destroy(), void server.close()));
    const upload = client.request({ ':method': 'POST', ':path': '/' });
    const closed = once(upload, 'close');
    upload.end('x'.repeat(500_000));
    expect(await text(upload)).toBe('refused');
    await closed;
  });
});

it('costs a request nothing where no AppSec is configured: its verdict is there at once, and its body untouched', () => {
  const { bouncer } = createCrowdsec({ apiUrl: 'http://127.0.0.1:9', ephemeral: true });
  const verdict = bouncer.inspect({ remoteAddress: '203.0.113.7', method: 'POST', path: '/', headers: {} });
  expect(verdict).toMatchObject({ action: 'pass' });
  expect(verdict.settled).toBeUndefined();
  expect(bouncer.recordBody).toBeUndefined();
});
