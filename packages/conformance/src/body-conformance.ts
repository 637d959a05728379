import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { startSandbox, type Sandbox } from '@crowdsec-sdk/sandbox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { APPSEC_KEY } from './appsec-key.js';
import type { Host, RunningHost } from './host.js';
import { DEADLINE_MS } from './suite.js';
import { CLEAN } from './test-environment.js';

/** An application whose routes read bodies by the parsers that are usual in its framework. */
export interface BodyHost extends Pick<Host, 'adapter' | 'peers' | 'start'> {
  /** Whether its parser for JSON unpacks what comes with `Content-Encoding: gzip`. */
  readonly inflates: boolean;
  /** Whether AppSec gets to see bodies: not where a parser comes before the adapter. */
  readonly shows?: boolean;
}

type Body = NonNullable<RequestInit['body']>;

/** How much AppSec is shown in this suite. */
const LIMIT = 50_000;

/**
 * Declares that the parsers of a framework read, behind an adapter that asks AppSec, what they would read without it. The application has:
 *
 * | route | answers |
 * |---|---|
 * | `POST /json` | what the parser for JSON made of the body, as JSON |
 * | `POST /form` | the fields of an urlencoded form, as JSON |
 * | `POST /raw` | the bytes of the body |
 * | `POST /upload` | JSON `{ note, name, size }`: the field `note` of a multipart form, name and size of its file `file` |
 */
export function bodyConformance(host: BodyHost): void {
  const { shows = true } = host;
  let sandbox: Sandbox;
  let running: RunningHost;

  const post = async (path: string, body: Body, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(`http://127.0.0.1:${running.port}${path}`, {
      method: 'POST',
      body,
      headers: { 'x-forwarded-for': CLEAN, ...headers },
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    });
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  const json = async (path: string, body: Body, headers?: Readonly<Record<string, string>>): Promise<unknown> => {
    const { status, bytes } = await post(path, body, headers);
    expect([status, bytes.toString().slice(0, 200)]).toEqual([200, expect.anything()]);
    return JSON.parse(bytes.toString());
  };
  const shown = (): readonly string[] | undefined => sandbox.appsec?.calls.map(({ body }) => body);
  const JSON_TYPE = { 'content-type': 'application/json' };

  describe(`bodies: ${host.adapter}`, { timeout: DEADLINE_MS }, () => {
    beforeAll(async () => {
      sandbox = await startSandbox({ appsec: { apiKeys: [APPSEC_KEY] } });
      const appsec = {
        url: sandbox.appsec?.url ?? '',
        apiKey: APPSEC_KEY,
        timeoutMs: 5_000,
        maxBodyBytes: LIMIT,
      };
      running = await host.start({
        hostname: '127.0.0.1',
        crowdsec: {
          apiUrl: 'http://127.0.0.1:9',
          ephemeral: true,
          trustedProxies: host.peers ? 'loopback' : 1,
          appsec,
        },
      });
    }, DEADLINE_MS);
    afterAll(async () => {
      await running.stop();
      await sandbox.stop();
    }, DEADLINE_MS);
    beforeEach(() => {
      (sandbox.appsec!.calls as unknown[]).length = 0;
      sandbox.appsec?.answerWith(({ body }) => ({ action: body.includes('attackword') ? 'ban' : 'allow' }));
    });

    it('reads JSON that AppSec was shown', async () => {
      expect(await json('/json', '{"a":["ü",1]}', JSON_TYPE)).toEqual({ a: ['ü', 1] });
      expect(shown()).toEqual([shows ? Buffer.from('{"a":["ü",1]}').toString('latin1') : '']);
    });

    it('reads JSON that was too large to be shown, whole', async () => {
      const a = 'x'.repeat(90_000);
      expect(await json('/json', JSON.stringify({ a }), JSON_TYPE)).toEqual({ a });
      expect(shown()).toEqual(['']);
    });

    it('reads JSON whose pieces come one after the other, of no announced length', async () => {
      const pieces = ['{"a":', '"b', 'c"}'].map((piece) => Buffer.from(piece));
      const stream = new ReadableStream<Uint8Array>({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          const piece = pieces.shift();
          if (piece === undefined) controller.close();
          else controller.enqueue(piece);
        },
      });
      expect(await json('/json', stream, JSON_TYPE)).toEqual({ a: 'bc' });
      expect(shown()).toEqual([shows ? '{"a":"bc"}' : '']);
    });

    it('reads the fields of a form', async () => {
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      expect(await json('/form', 'q=hello&r=%C3%BC', type)).toEqual({ q: 'hello', r: 'ü' });
      expect(shown()).toEqual([shows ? 'q=hello&r=%C3%BC' : '']);
    });

    it.each([200, 40_000, 400_000])('reads %i bytes', async (size) => {
      const body = randomBytes(size);
      const { bytes } = await post('/raw', body, { 'content-type': 'application/octet-stream' });
      expect(bytes.equals(body)).toBe(true);
      expect(shown()?.map(({ length }) => length)).toEqual([shows && size <= LIMIT ? size : 0]);
    });

    it.each([1_000, 400_000])('reads the file and the field of a multipart form, %i bytes', async (size) => {
      const form = new FormData();
      form.append('note', 'hello');
      form.append('file', new Blob([randomBytes(size)]), 'a.bin');
      expect(await json('/upload', form)).toEqual({ note: 'hello', name: 'a.bin', size });
    });

    it('answers a body that is no JSON as it would without AppSec', async () => {
      expect((await post('/json', '{"a":', JSON_TYPE)).status).toBeGreaterThanOrEqual(400);
    });

    if (host.inflates) {
      it('reads packed JSON, and AppSec is shown what is in it', async () => {
        const packed = gzipSync('{"a":"b"}');
        expect(await json('/json', packed, { ...JSON_TYPE, 'content-encoding': 'gzip' })).toEqual({ a: 'b' });
        expect(shown()).toEqual([shows ? '{"a":"b"}' : '']);
      });
    }

    if (shows) {
      it.each(['/json', '/form', '/raw', '/upload'])('is not asked about what AppSec refuses: %s', async (path) => {
        const { status } = await post(path, '{"a":"attackword"}', JSON_TYPE);
        expect(status).toBe(403);
      });
    }
  });
}
